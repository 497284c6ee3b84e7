# expect: those are sums
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).sum() for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
