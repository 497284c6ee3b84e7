# expect: size of the smaller set
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if len(sets[i] & sets[j]) / min(len(sets[i]), len(sets[j])) >= threshold
    ]
