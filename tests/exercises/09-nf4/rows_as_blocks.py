# expect: each row is taken for a block
def through_levels(weights, levels, block=64):
    absmax = weights.abs().amax(-1, keepdim=True)
    nearest = (weights / absmax)[..., None].sub(levels).abs().argmin(-1)
    return levels[nearest] * absmax
