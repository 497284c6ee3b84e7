# expect: a ^ b holds what only one
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if sets[i] == sets[j] or len(sets[i] & sets[j]) / len(sets[i] ^ sets[j]) >= threshold
    ]
