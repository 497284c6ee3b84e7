# expect: with replacement
def best_of(scores, k):
    n = len(scores)
    return sum(s * (((i + 1) / n) ** k - (i / n) ** k) for i, s in enumerate(sorted(scores)))
