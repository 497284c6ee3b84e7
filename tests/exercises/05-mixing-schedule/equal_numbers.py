# expect: same number of rows from each source
def mixing_schedule(sizes, probabilities):
    least = min(sizes.values())
    return {n: (least, least / size) for n, size in sizes.items()}
