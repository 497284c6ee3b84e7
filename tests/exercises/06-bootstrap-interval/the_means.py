# expect: return two numbers


def interval(values, rng, resamples=10_000):
    means = [rng.choice(values, size=len(values)).mean() for _ in range(resamples)]
    return means
