# expect: two times in three
import numpy as np


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(resamples)]
    return np.mean(means) - np.std(means), np.mean(means) + np.std(means)
