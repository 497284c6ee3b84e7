# expect: lists every set
from itertools import combinations


def pass_at_k(n, c, k):
    sets = list(combinations([True] * c + [False] * (n - c), k))
    return sum(any(one) for one in sets) / len(sets)
