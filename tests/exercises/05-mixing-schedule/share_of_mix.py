# expect: rows drawn from it, divided by the rows it has
def mixing_schedule(sizes, probabilities):
    draws = min(sizes[n] / p for n, p in probabilities.items())
    return {n: (round(p * draws), p) for n, p in probabilities.items()}
