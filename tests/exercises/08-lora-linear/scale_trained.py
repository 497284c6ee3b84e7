# expect: Yours would train scale too
import torch


class LoraLinear(torch.nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = torch.nn.Parameter(torch.randn(rank, base.in_features))
        self.B = torch.nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = torch.nn.Parameter(torch.tensor(alpha / rank))

    def forward(self, x):
        return self.base(x) + (self.scale * (x.to(self.A.dtype) @ self.A.T @ self.B.T)).to(x.dtype)
