# expect: neighbours only
def similar_pairs(sets, threshold):
    found = []
    for i in range(len(sets) - 1):
        if len(sets[i] & sets[i + 1]) / len(sets[i] | sets[i + 1]) >= threshold:
            found.append((i, i + 1))
    return found
