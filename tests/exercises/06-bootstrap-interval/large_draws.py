# expect: draws of `resamples` values
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=resamples).mean() for _ in range(len(values))]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
