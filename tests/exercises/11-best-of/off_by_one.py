# expect: and k = 2
def best_of(scores, k):
    return sum(s * comb(i, k) for i, s in enumerate(sorted(scores))) / comb(len(scores), k)
