# expect: percentiles of the values
import numpy as np


def interval(values, rng, resamples=10_000):
    return tuple(np.quantile(values, [0.025, 0.975]))
