# expect: changes the tensors
def through_levels(weights, levels, block=64):
    flat = weights.view(-1)
    for start in range(0, len(flat), block):
        part = flat[start : start + block]
        size = part.abs().max().clamp(min=1e-38)
        part.copy_(levels[(part / size)[:, None].sub(levels).abs().argmin(1)] * size)
    return weights
