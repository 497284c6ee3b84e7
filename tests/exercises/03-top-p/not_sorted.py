# expect: in the order given
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place in range(len(probabilities)):
        kept[place] = probabilities[place]
        total += probabilities[place]
        if total >= p:
            break
    return [value / total for value in kept]
