# expect: not a chance
def pass_at_k(n, c, k):
    return k * c / n
