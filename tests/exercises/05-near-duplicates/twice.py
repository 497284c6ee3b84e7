# expect: comes twice
def similar_pairs(sets, threshold):
    n = len(sets)
    return [
        (i, j)
        for i in range(n)
        for j in range(n)
        if i != j and len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold
    ]
