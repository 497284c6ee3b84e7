# expect: as many rows as there are in all
def mixing_schedule(sizes, probabilities):
    draws = sum(sizes.values())
    return {n: (round(p * draws), p * draws / sizes[n]) for n, p in probabilities.items()}
