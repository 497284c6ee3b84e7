# expect: return a list of pairs
def similar_pairs(sets, threshold):
    n = len(sets)
    return sum(len(sets[i] & sets[j]) / len(sets[i] | sets[j]) >= threshold for i in range(n) for j in range(i + 1, n))
