# expect: further out for few rows
from helpers import metrics


def interval(values, rng, resamples=10_000):
    return metrics.bootstrap_interval(values, resamples=resamples)
