# expect: you return levels, between -1 and 1
def through_levels(weights, levels, block=64):
    flat = weights.flatten().float()
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % block)).reshape(-1, block)
    absmax = blocks.abs().amax(1, keepdim=True)
    share = blocks / absmax.clamp(min=1e-38)
    nearest = (share[..., None] - levels).abs().argmin(-1)
    restored = (levels[nearest]).flatten()[: len(flat)]
    return restored.reshape(weights.shape).to(weights.dtype)
