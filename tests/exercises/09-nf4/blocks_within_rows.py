# expect: your blocks end with each row
def through_levels(weights, levels, block=64):
    def row_of(flat):
        blocks = torch.nn.functional.pad(flat, (0, -len(flat) % block)).reshape(-1, block)
        absmax = blocks.abs().amax(1, keepdim=True)
        share = blocks / absmax.clamp(min=1e-38)
        return (levels[(share[..., None] - levels).abs().argmin(-1)] * absmax).flatten()[: len(flat)]

    if weights.dim() == 1:
        return row_of(weights.float()).to(weights.dtype)
    return torch.stack([row_of(row) for row in weights.float()]).to(weights.dtype)
