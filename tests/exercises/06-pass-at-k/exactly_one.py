# expect: exactly one
import math


def pass_at_k(n, c, k):
    return c * math.comb(n - c, k - 1) / math.comb(n, k)
