# expect: denominator is 0 for two equal sets
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if len(sets[i] & sets[j]) / len(sets[i] ^ sets[j]) >= threshold
    ]
