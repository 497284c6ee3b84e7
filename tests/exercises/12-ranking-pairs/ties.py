# expect: share rank 1
from itertools import combinations


def pairs_of(ranks):
    return list(combinations(sorted(ranks, key=ranks.get), 2))
