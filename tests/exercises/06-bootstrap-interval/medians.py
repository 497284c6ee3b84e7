# expect: medians
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [np.median(rng.choice(values, size=len(values))) for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
