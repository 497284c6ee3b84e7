# expect: clip is an argument
def clipped_loss(new, old, advantages, clip):
    terms = []
    for n, o, a in zip(new, old, advantages, strict=True):
        ratio = math.exp(n - o)
        terms.append(min(ratio * a, min(max(ratio, 0.8), 1.2) * a))
    return -sum(terms) / len(terms)
