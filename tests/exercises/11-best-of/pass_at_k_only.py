# expect: not yet a pass
def best_of(scores, k):
    passed = sum(s > 0 for s in scores)
    n = len(scores)
    return 1 - comb(n - passed, k) / comb(n, k)
