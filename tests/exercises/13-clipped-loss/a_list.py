# expect: should be one number
def clipped_loss(new, old, advantages, clip):
    return [-math.exp(n - o) * a for n, o, a in zip(new, old, advantages, strict=True)]
