# expect: best of all
def best_of(scores, k):
    return max(scores)
