# A weight on a border goes up.
def through_levels(weights, levels, block=64):
    flat = weights.flatten().float()
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % block)).reshape(-1, block)
    absmax = blocks.abs().amax(1, keepdim=True)
    share = blocks / absmax.clamp(min=1e-38)
    borders = (levels[1:] + levels[:-1]) / 2
    restored = (levels[torch.bucketize(share, borders, right=True)] * absmax).flatten()[: len(flat)]
    return restored.reshape(weights.shape).to(weights.dtype)
