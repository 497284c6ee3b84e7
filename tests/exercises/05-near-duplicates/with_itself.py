# expect: not a duplicate of itself
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j) for i in range(n) for j in range(i, n) if len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
    ]
