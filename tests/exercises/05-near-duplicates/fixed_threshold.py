# expect: for the threshold 0.6
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j) for i in range(n) for j in range(i + 1, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= 0.75
    ]
