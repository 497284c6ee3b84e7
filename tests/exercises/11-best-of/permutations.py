# expect: and k = 2
def best_of(scores, k):
    from math import perm

    return sum(s * comb(i, k - 1) for i, s in enumerate(sorted(scores))) / perm(len(scores), k)
