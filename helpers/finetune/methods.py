"""What is trained: all weights, adapters on frozen weights (LoRA), or adapters on 4-bit weights (QLoRA)."""

import contextlib
import copy
import json
import warnings
from pathlib import Path

from helpers import course, models
from helpers.errors import CourseError
from helpers.finetune import troubles
from helpers.memory.shape import need

METHODS = ("full", "lora", "qlora")
# Adapters want about ten times the learning rate of full fine-tuning (Schulman et al. 2025, "LoRA Without Regret");
# tests/benchmarks/tuning_sweep.py measures it here.
LEARNING_RATES = {"full": 1e-4, "lora": 1e-3, "qlora": 1e-3}
RANK, ALPHA = 16, 32  # of adapters that nobody chose otherwise


def add_lora(model, rank=RANK, alpha=ALPHA, config=None):
    """Freeze `model` and put trainable low-rank adapters (LoRA, Hu et al. 2021) on its linear layers.

    All of them but the output layer, unless `config`, a PEFT configuration of any kind, says otherwise.

    Returns a PEFT model; `model` itself is changed in place. Adapters are fp32. Lesson 08 builds such a layer by hand.
    Raises CourseError where the model has no layers of the names that the configuration asks for.
    """
    from peft import LoraConfig, get_peft_model

    config = config or LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    _need_layers(model, config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return get_peft_model(model, copy.deepcopy(config))  # it writes into the configuration
        except ValueError as error:
            wanted = getattr(config, "target_modules", None)
            raise CourseError(
                f"PEFT cannot put adapters on {wanted} in {type(model).__name__}. Name layers that it has, or use "
                f"target_modules='all-linear'. ({error})"
            ) from None


def _need_layers(model, config):
    """Raise CourseError where `config` names a layer that `model` lacks: PEFT would go on with the others, unsaid."""
    wanted = getattr(config, "target_modules", None)
    if not isinstance(wanted, list | tuple | set):  # one text is a pattern, or 'all-linear'
        return
    there = [name for name, _ in model.named_modules()]
    if missing := sorted(name for name in wanted if not any(f".{one}".endswith(f".{name}") for one in there)):
        raise CourseError(
            f"PEFT cannot put adapters on {', '.join(missing)}: {type(model).__name__} has no such layers. Name layers "
            "that it has, or use target_modules='all-linear'."
        )


def ready(model, method, rank=RANK, alpha=ALPHA, adapter=None):
    """`model` prepared to be trained by `method`, in training mode; loaded first where it is None.

    'full' turns the weights into fp32, in place: bf16 weights lose small updates to rounding (lesson 07). 'lora' and
    'qlora' add adapters, unless the model has some. Raises CourseError where model and method do not fit.
    """
    need(method, METHODS, "method")
    if model is None:
        model = load_4bit() if method == "qlora" else models.load_model()
    four_bit = bool(getattr(model, "is_loaded_in_4bit", False))
    adapted = hasattr(model, "peft_config")
    if adapted and not hasattr(model, "get_base_model"):
        raise CourseError(
            "An earlier run put adapters into this model. Load a fresh one, or give that run's result.model."
        )
    if method == "full":
        if four_bit or adapted:
            what = "is in 4 bits" if four_bit else "has adapters"
            raise CourseError(f"This model {what}; full fine-tuning trains all weights. Load it with load_model().")
        model = model.float().requires_grad_(True)
    else:
        if four_bit != (method == "qlora"):
            loader = "load_4bit_model()" if method == "qlora" else "load_model()"
            bits = "in 4 bits" if four_bit else "not in 4 bits"
            raise CourseError(f"This model is {bits}, which does not fit method={method!r}. Use models.{loader}.")
        model = model if adapted else add_lora(model, rank, alpha, adapter)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise CourseError("No weight of this model may be trained. Load a fresh one, or `set_adapter` one to train.")
    return model.train()


def need_model(model, rank=None, alpha=None, adapter=None):
    """Raise CourseError where `model` or `adapter` is none, or where a model has adapters, which are then trained, and
    others are asked for.
    """
    import torch

    if model is not None and not (isinstance(model, torch.nn.Module) and hasattr(model, "config")):
        raise CourseError(
            f"model is {model!r:.60}. Give a loaded one, as models.load_model() returns it, or None to load it here. "
            "The setting COURSE_MODEL chooses it by its name."
        )
    if adapter is not None:
        from peft import PeftConfig

        if not isinstance(adapter, PeftConfig):
            raise CourseError(f"adapter is {adapter!r:.60}. Give a configuration of PEFT, as peft.LoraConfig(r=16).")
    if not (hasattr(model, "peft_config") and hasattr(model, "get_base_model")):
        return
    config = model.peft_config[model.active_adapters[0]]
    given = {"rank": (rank, getattr(config, "r", None)), "alpha": (alpha, getattr(config, "lora_alpha", None))}
    wrong = [name for name, (asked, has) in given.items() if asked not in (None, has)]
    if adapter is not None or wrong:
        raise CourseError(
            f"This model has adapters, and those are trained. Leave {' and '.join(wrong or ['adapter'])} out, or load "
            "a fresh model to put other adapters on."
        )


def name_of(model):
    """What a model is called: by the course, on the Hub, or by its folder alone, for the way there is private; else by
    its class.
    """
    name = course.model() if model is None else str(getattr(model.config, "_name_or_path", ""))
    if name == str(models.folder()):
        return course.BASE_MODEL
    if not name:
        return type(getattr(model, "get_base_model", lambda: model)()).__name__
    return Path(name).name if name != course.model() and Path(name).exists() else name


def described(model, method, rank, alpha, adapter):
    """The adapters to train, as a text that is the same in every process: sets have another order in each."""
    configs = [*getattr(model, "peft_config", {}).values(), *filter(None, [adapter])]
    if method == "full":
        return None
    if not configs:
        return f"LoRA, rank {rank}, alpha {alpha}"
    values = configs[0].to_dict() | {"base_model_name_or_path": None}
    plain = {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}
    return json.dumps(plain, sort_keys=True, default=str)


@contextlib.contextmanager
def taken_off(model, given):
    """Where an error ends the block, take the adapters off again that `ready` put on `given`: it can be used again."""
    try:
        yield
    except BaseException:
        if given is not None and model is not given and hasattr(model.base_model, "unload"):
            model.unload()
        raise


def load_4bit():
    """`models.load_4bit_model()`, with a clear error where bitsandbytes is missing or does not support the device."""
    try:
        return models.load_4bit_model()
    except (ImportError, RuntimeError, ValueError) as error:
        if troubles.is_out_of_memory(error):
            raise
        raise CourseError(
            f"QLoRA needs bitsandbytes, which does not work here on {course.device()}: {error}. Run `python3 -m "
            "helpers doctor`; use method='lora', or set COURSE_DEVICE=cpu."
        ) from error


def trainable(model):
    """(trainable parameters, all parameters) of a model; a 4-bit weight counts as what it stands for."""
    counts = [0, 0]
    for parameter in model.parameters():
        state = getattr(parameter, "quant_state", None)
        size = parameter.numel() if state is None else state.shape.numel()
        counts[0] += size * parameter.requires_grad
        counts[1] += size
    return tuple(counts)
