# expect: the kept ones no longer sum to 1
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        kept[place] = probabilities[place]
        total += probabilities[place]
        if total >= p:
            break
    return kept
