# expect: only the best is paired
def pairs_of(ranks):
    best = min(ranks, key=ranks.get)
    return [(best, name) for name in ranks if name != best]
