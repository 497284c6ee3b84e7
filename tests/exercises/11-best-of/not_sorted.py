# expect: and k = 2
def best_of(scores, k):
    return sum(s * comb(i, k - 1) for i, s in enumerate(scores)) / comb(len(scores), k)
