# expect: k best
def best_of(scores, k):
    return sum(sorted(scores)[-k:]) / k
