# expect: you keep one token too many
def top_p_filter(probabilities, p):
    kept, total = [0.0] * len(probabilities), 0.0
    for place in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        kept[place] = probabilities[place]
        if total >= p:
            break
        total += probabilities[place]
    return [value / sum(kept) for value in kept]
