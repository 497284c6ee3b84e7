# expect: your code raised
def through_levels(weights, levels, block=64):
    blocks = weights.reshape(-1, block)
    absmax = blocks.abs().amax(1, keepdim=True).clamp(min=1e-38)
    nearest = (blocks / absmax)[..., None].sub(levels).abs().argmin(-1)
    return (levels[nearest] * absmax).reshape(weights.shape)
