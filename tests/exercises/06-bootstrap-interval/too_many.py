# expect: too large
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=10 * len(values)).mean() for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
