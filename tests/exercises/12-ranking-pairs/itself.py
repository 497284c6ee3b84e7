# expect: paired with itself
def pairs_of(ranks):
    return [(a, b) for a in ranks for b in ranks if ranks[a] <= ranks[b]]
