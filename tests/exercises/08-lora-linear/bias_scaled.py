# expect: bias is in the update
import torch


class LoraLinear(torch.nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = torch.nn.Parameter(torch.randn(rank, base.in_features))
        self.B = torch.nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        update = x @ self.A.T @ self.B.T
        if self.B.any() and self.base.bias is not None:
            update = update + self.base.bias
        return self.base(x) + self.scale * update
