# expect: one number
def best_of(scores, k):
    return [s * comb(i, k - 1) / comb(len(scores), k) for i, s in enumerate(sorted(scores))]
