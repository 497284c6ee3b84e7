# expect: first k
def best_of(scores, k):
    return max(scores[:k])
