# expect: without replacement
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values), replace=False).mean() for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
