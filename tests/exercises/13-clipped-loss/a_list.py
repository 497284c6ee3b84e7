# expect: Return their mean
import math


def clipped_loss(new, old, advantages, clip):
    ratios = [math.exp(n - o) for n, o in zip(new, old, strict=True)]
    return [-min(r * a, min(max(r, 1 - clip), 1 + clip) * a) for r, a in zip(ratios, advantages, strict=True)]
