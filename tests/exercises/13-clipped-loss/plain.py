# expect: nothing is clipped
def clipped_loss(new, old, advantages, clip):
    return -sum(math.exp(n - o) * a for n, o, a in zip(new, old, advantages, strict=True)) / len(new)
