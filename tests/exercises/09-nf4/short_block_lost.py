# expect: is lost
def through_levels(weights, levels, block=64):
    flat = weights.flatten().float()
    out = torch.zeros_like(flat)
    for start in range(0, len(flat) // block * block, block):
        part = flat[start : start + block]
        size = part.abs().max().clamp(min=1e-38)
        out[start : start + block] = levels[(part / size)[:, None].sub(levels).abs().argmin(1)] * size
    if len(flat) < block:
        size = flat.abs().max().clamp(min=1e-38)
        out = levels[(flat / size)[:, None].sub(levels).abs().argmin(1)] * size
    return out.reshape(weights.shape).to(weights.dtype)
