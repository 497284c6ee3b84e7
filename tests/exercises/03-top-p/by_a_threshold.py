# expect: keeps all four
def top_p_filter(probabilities, p):
    total, smallest = 0.0, 1.0
    for value in sorted(probabilities, reverse=True):
        smallest = value
        total += value
        if total >= p:
            break
    kept = [value if value >= smallest else 0.0 for value in probabilities]
    return [value / sum(kept) for value in kept]
