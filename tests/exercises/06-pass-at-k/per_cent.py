# expect: per cent
import math


def pass_at_k(n, c, k):
    return 100 - 100 * math.comb(n - c, k) / math.comb(n, k)
