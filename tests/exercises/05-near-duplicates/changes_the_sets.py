# expect: changes the sets
def similar_pairs(sets, threshold):
    found = []
    for i in range(len(sets)):
        for j in range(i + 1, len(sets)):
            together = len(sets[i] | sets[j])
            sets[i] &= sets[j]
            if len(sets[i]) / together >= threshold:
                found.append((i, j))
    return found
