"""Checkpoints of a PPO run: one safetensors file, written whole or not at all, that no other run's settings can use.

It holds the trained weights, Adam's two moments of each, the history and all numbers that change on the way. Chance
needs nothing kept: each step draws from a seed of its own.
"""

import json
import os

from helpers.errors import CourseError
from helpers.files import need_space

NAME = "ppo.safetensors"


def save(folder, parameters, optimizer, state, settings):
    """Write one. parameters: name → trained parameter. state, settings: dicts that JSON can hold."""
    from safetensors.torch import save_file

    tensors = {}
    for name, parameter in parameters.items():
        tensors[name] = parameter.detach().contiguous()
        moments = optimizer.state.get(parameter, {})
        tensors |= {f"{kind}:{name}": moments[kind].contiguous() for kind in moments}
    folder.mkdir(parents=True, exist_ok=True)
    need_space(folder, 2 * sum(each.numel() * 4 for each in tensors.values()), "A checkpoint", "choose another folder")
    about = {"state": json.dumps(state), "settings": json.dumps(settings)}
    save_file({name: each.cpu() for name, each in tensors.items()}, folder / f"{NAME}.new", metadata=about)
    os.replace(folder / f"{NAME}.new", folder / NAME)


def restore(folder, parameters, optimizer, settings):
    """Put the checkpoint in `folder` back into parameters and optimizer; returns its state, or None if there is none.

    Raises CourseError where it is another run's.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    if not (folder / NAME).exists():
        return None
    try:
        with safe_open(folder / NAME, "pt") as file:
            about = {name: json.loads(text) for name, text in file.metadata().items()}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, ValueError, KeyError):
        raise CourseError(f"{folder / NAME} is damaged. Delete it to start anew.") from None
    before = about["settings"]
    changed = sorted(name for name in before.keys() | settings.keys() if before.get(name) != settings.get(name))
    if changed:
        raise CourseError(
            f"{folder} holds a PPO run with other settings ({', '.join(changed)}). Choose another folder, or delete "
            "this one to start anew."
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])
            kinds = [key.removesuffix(f":{name}") for key in tensors if key.endswith(f":{name}")]
            moments = {kind: tensors[f"{kind}:{name}"] for kind in kinds}
            if moments:  # Adam counts its steps on the CPU
                optimizer.state[parameter] = {
                    kind: each if kind == "step" else each.to(parameter.device) for kind, each in moments.items()
                }
    return about["state"]


def drop(folder):
    """Delete the checkpoint of a finished run."""
    (folder / NAME).unlink(missing_ok=True)
