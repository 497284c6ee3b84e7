# expect: not of the source
def mixing_schedule(sizes, probabilities):
    return {n: (round(p * sizes[n]), p) for n, p in probabilities.items()}
