# expect: as it was written
from itertools import combinations


def pairs_of(ranks):
    return list(combinations(ranks, 2))
