# expect: changes the dicts
def mixing_schedule(sizes, probabilities):
    draws = min(sizes[n] / p for n, p in probabilities.items() if p)
    for n, p in probabilities.items():
        sizes[n] = (round(p * draws), p * draws / sizes[n])
    return sizes
