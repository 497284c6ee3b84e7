# expect: return one number for each of the five
def top_p_filter(probabilities, p):
    kept = []
    for value in sorted(probabilities, reverse=True):
        kept.append(value)
        if sum(kept) >= p:
            break
    return [value / sum(kept) for value in kept]
