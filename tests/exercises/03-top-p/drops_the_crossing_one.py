# expect: you drop the token that crosses p. It is kept
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        if total + probabilities[place] > p:
            break
        kept[place] = probabilities[place]
        total += probabilities[place]
    return [value / total for value in kept] if total else kept
