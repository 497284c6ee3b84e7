# expect: gives NaN
def through_levels(weights, levels, block=64):
    flat = weights.flatten().float()
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % block)).reshape(-1, block)
    absmax = blocks.abs().amax(1, keepdim=True)
    share = blocks / absmax
    share[share.isnan()] = float("nan")
    nearest = (share[..., None] - levels).abs().argmin(-1)
    restored = (levels[nearest] * absmax * (share - share + 1)).flatten()[: len(flat)]
    return restored.reshape(weights.shape).to(weights.dtype)
