# expect: 90 % interval
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(resamples)]
    return float(np.quantile(means, 0.05)), float(np.quantile(means, 0.95))
