# expect: changes the list it is given
def top_p_filter(probabilities, p):
    total = 0.0
    for place in sorted(range(len(probabilities)), key=lambda i: -probabilities[i]):
        if total >= p:
            probabilities[place] = 0.0
        total += probabilities[place]
    return [value / sum(probabilities) for value in probabilities]
