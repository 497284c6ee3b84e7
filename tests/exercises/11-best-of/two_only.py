# expect: k = 1
def best_of(scores, k):
    return sum(s * i for i, s in enumerate(sorted(scores))) / comb(len(scores), 2)
