# expect: counts to 100
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(resamples)]
    return tuple(np.percentile(means, [0.025, 0.975]))
