# expect: no gradient reaches
import torch


class LoraLinear(torch.nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = torch.nn.Parameter(torch.randn(rank, base.in_features))
        self.B = torch.nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        update = self.scale * (x.to(self.A.dtype) @ self.A.detach().T @ self.B.detach().T)
        return self.base(x) + update.to(x.dtype)
