# expect: within clip of 1, not of 0
def clipped_loss(new, old, advantages, clip):
    terms = []
    for n, o, a in zip(new, old, advantages, strict=True):
        ratio = math.exp(n - o)
        terms.append(min(ratio * a, min(max(ratio, -clip), clip) * a))
    return -sum(terms) / len(terms)
