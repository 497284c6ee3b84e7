# expect: from above alone
def clipped_loss(new, old, advantages, clip):
    terms = []
    for n, o, a in zip(new, old, advantages, strict=True):
        ratio = math.exp(n - o)
        terms.append(min(ratio * a, min(ratio, 1 + clip) * a))
    return -sum(terms) / len(terms)
