# expect: always take the clipped
def clipped_loss(new, old, advantages, clip):
    terms = []
    for n, o, a in zip(new, old, advantages, strict=True):
        terms.append(min(max(math.exp(n - o), 1 - clip), 1 + clip) * a)
    return -sum(terms) / len(terms)
