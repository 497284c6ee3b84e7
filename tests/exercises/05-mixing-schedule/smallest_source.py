# expect: need not be exhausted first
def mixing_schedule(sizes, probabilities):
    small = min(sizes, key=sizes.get)
    draws = sizes[small] / probabilities[small]
    return {n: (round(p * draws), p * draws / sizes[n]) for n, p in probabilities.items()}
