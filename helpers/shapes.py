"""Shapes of known public models: their configurations without their weights, from the small files in data/shapes/.

A model built on PyTorch's meta device has every tensor's shape and no bytes, so a 70B model can be counted in a second.
"""

import json
import re
from functools import cache

from helpers import course
from helpers.errors import CourseError

FOLDER = course.ROOT / "data" / "shapes"


@cache
def _all():
    files = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in FOLDER.glob("*.json")]
    return dict(sorted(files, key=lambda file: file[1]["parameters"]))


def names():
    """The names of the known shapes, smallest model first."""
    return list(_all())


def published(name):
    """The published number of parameters of a known shape."""
    return _all()[_known(name)]["parameters"]


def config(model):
    """The transformers configuration of a known shape.

    model: one of `names()`, in any case, with or without the owner and -Instruct that Hub ids have; or a loaded model
    or a transformers configuration, for which its own configuration is returned. Raises CourseError on anything else.
    """
    from transformers import AutoConfig, PreTrainedConfig

    found = getattr(model, "config", model)
    if isinstance(found, PreTrainedConfig):
        return found
    return AutoConfig.for_model(**_all()[_known(model)]["config"])


def skeleton(model):
    """A model with all shapes and no weights, on the meta device.

    model: as in `config`. It can be counted, given adapters and asked for shapes, but it cannot calculate.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    chosen = config(model)
    kind = AutoModelForSeq2SeqLM if chosen.is_encoder_decoder else AutoModelForCausalLM
    try:
        with torch.device("meta"):
            built = kind.from_config(chosen)
    except ValueError:
        raise CourseError(
            f"{type(chosen).__name__} describes no model that writes text. Choose a causal or encoder-decoder model."
        ) from None
    if chosen.model_type == "t5" and not chosen.scale_decoder_outputs:
        # T5 1.1, and so FLAN-T5, has an output layer of its own. transformers 5 ties it whatever the configuration
        # says, and keeps what was asked for only in this flag. Without this, 24.7 million parameters would be missing.
        built.lm_head.weight = torch.nn.Parameter(torch.empty_like(built.lm_head.weight))
    return built


def _known(name):
    """The known shape that `name` means."""
    wanted = re.sub(r"-(instruct|hf)$", "", str(name).lower().rpartition("/")[2])
    if not isinstance(name, str) or wanted not in _all():
        raise CourseError(f"There is no shape of a model called {name!r}. Choose one of {', '.join(names())}.")
    return wanted
