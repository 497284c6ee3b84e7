# expect: it should give
def pass_at_k(n, c, k):
    import math

    return 1 - math.comb(n - c, k) // math.comb(n, k)
