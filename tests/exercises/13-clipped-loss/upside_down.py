# expect: upside down
def clipped_loss(new, old, advantages, clip):
    terms = []
    for n, o, a in zip(new, old, advantages, strict=True):
        ratio = math.exp(o - n)
        terms.append(min(ratio * a, min(max(ratio, 1 - clip), 1 + clip) * a))
    return -sum(terms) / len(terms)
