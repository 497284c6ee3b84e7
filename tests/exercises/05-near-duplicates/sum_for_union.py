# expect: counts the shared words twice in the denominator
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if len(sets[i] & sets[j]) / (len(sets[i]) + len(sets[j])) >= threshold
    ]
