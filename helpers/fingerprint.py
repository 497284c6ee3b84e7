"""Tells models apart without keeping them: a checkpoint of adapters fits only the weights that it was made on."""

import hashlib


def fingerprint(model):
    """A hash of a model's parameters: all names and shapes, which of them are trained, and a sample of the numbers of
    those that are not. Of trained ones the numbers do not count: a run that was stopped may hold any by then.
    """
    digest = hashlib.sha256()
    for name, parameter in sorted(model.named_parameters()):
        digest.update(f"{name} {tuple(parameter.shape)} {parameter.requires_grad}".encode())
        if not parameter.requires_grad:
            some = parameter.detach().flatten()[:: max(1, parameter.numel() // 64)]
            digest.update(some.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:12]
