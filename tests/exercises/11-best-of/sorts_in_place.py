# expect: changes the list
def best_of(scores, k):
    scores.sort()
    return sum(s * comb(i, k - 1) for i, s in enumerate(scores)) / comb(len(scores), k)
