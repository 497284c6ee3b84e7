# expect: percentiles of single draws
import numpy as np


def interval(values, rng, resamples=10_000):
    drawn = rng.choice(values, size=resamples * len(values))
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
