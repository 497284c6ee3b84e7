# expect: min, not max
def mixing_schedule(sizes, probabilities):
    draws = max(sizes[n] / p for n, p in probabilities.items())
    return {n: (round(p * draws), p * draws / sizes[n]) for n, p in probabilities.items()}
