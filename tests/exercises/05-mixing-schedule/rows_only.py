# expect: is a pair, (rows, epochs)
def mixing_schedule(sizes, probabilities):
    draws = min(sizes[n] / p for n, p in probabilities.items() if p)
    return {n: round(p * draws) for n, p in probabilities.items()}
