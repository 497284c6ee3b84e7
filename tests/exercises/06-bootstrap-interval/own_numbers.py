# expect: Draw with `rng`
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [np.random.default_rng().choice(values, size=len(values)).mean() for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
