# expect: lasts n / p draws, not n * p
def mixing_schedule(sizes, probabilities):
    draws = min(sizes[n] * p for n, p in probabilities.items())
    return {n: (round(p * draws), p * draws / sizes[n]) for n, p in probabilities.items()}
