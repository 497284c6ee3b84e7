# expect: smallest and the largest


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(resamples)]
    return min(means), max(means)
