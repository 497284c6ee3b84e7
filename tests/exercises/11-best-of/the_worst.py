# expect: the worst of each draw
def best_of(scores, k):
    return sum(s * comb(i, k - 1) for i, s in enumerate(sorted(scores, reverse=True))) / comb(len(scores), k)
