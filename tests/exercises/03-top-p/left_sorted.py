# expect: these are sorted
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place, value in enumerate(sorted(probabilities, reverse=True)):
        kept[place] = value
        total += value
        if total >= p:
            break
    return [value / total for value in kept]
