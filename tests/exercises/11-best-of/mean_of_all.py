# expect: mean of all
def best_of(scores, k):
    return sum(scores) / len(scores)
