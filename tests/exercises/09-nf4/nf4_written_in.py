# expect: yours gives
def through_levels(weights, levels, block=64):
    levels = torch.tensor(
        [
            -1.0,
            -0.6962,
            -0.5251,
            -0.3949,
            -0.2844,
            -0.1848,
            -0.0911,
            0.0,
            0.0796,
            0.1609,
            0.2461,
            0.3379,
            0.4407,
            0.5626,
            0.7230,
            1.0,
        ]
    )
    flat = weights.flatten().float()
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % block)).reshape(-1, block)
    absmax = blocks.abs().amax(1, keepdim=True)
    share = blocks / absmax.clamp(min=1e-38)
    nearest = (share[..., None] - levels).abs().argmin(-1)
    restored = (levels[nearest] * absmax).flatten()[: len(flat)]
    return restored.reshape(weights.shape).to(weights.dtype)
