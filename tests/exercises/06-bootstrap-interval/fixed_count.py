# expect: resamples=1
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(10_000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
