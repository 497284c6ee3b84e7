# expect: each pair should be (better, worse)
def pairs_of(ranks):
    return [(a, b, [1, 0]) for a in ranks for b in ranks if ranks[a] < ranks[b]]
