"""A trained model made ready to answer: adapters merged into their weights, all in the precision to compute in."""

import copy

from helpers import course
from helpers.errors import CourseError


def for_inference(model):
    """`model` as one answers with it: without adapters beside the weights, in bf16 where the device computes in it.

    Adapters are merged into a copy, W + (alpha / r) B A, so that answering costs what it costs the base model; 4-bit
    weights are first turned back into numbers, because merging into 4 bits would round the adapters away. (Adapters
    other than plain LoRA stay beside 4-bit weights.) `model` itself keeps its adapters and its 4 bits; without either,
    it is changed in place.
    """
    import torch

    if hasattr(model, "peft_config") and not hasattr(model, "get_base_model"):
        raise CourseError("A run put adapters into this model. Give that run's result.model.")
    dtype = torch.bfloat16 if course.dtype() is torch.bfloat16 else torch.float32
    four_bit = getattr(model, "is_loaded_in_4bit", False)
    if not hasattr(model, "peft_config"):
        return _without_4bit(model, dtype) if four_bit else model.to(dtype).eval()
    if model.peft_type.value in ("PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING"):
        return model.eval()  # soft prompts are inputs, not weights
    if four_bit:
        return _without_4bit(model.get_base_model(), dtype) if _is_plain_lora(model) else model.eval()
    return copy.deepcopy(model).merge_and_unload().to(dtype).eval()


def _is_plain_lora(model):
    """Whether the adapters are W + (alpha / r) B A and nothing else is trained."""
    configs = [model.peft_config[name] for name in model.active_adapters]
    more = ["use_dora", "use_qalora", "modules_to_save", "lora_bias"]
    more += ["trainable_token_indices", "alora_invocation_tokens"]
    return all(
        config.peft_type.value == "LORA" and config.bias == "none"
        and not any(getattr(config, name, None) for name in more)
        for config in configs
    )  # fmt: skip


def _without_4bit(model, dtype):
    """A model of the same shape with all weights in `dtype`: 4-bit ones as the numbers they stand for, plus what LoRA
    layers in `model` add to them. The others, such as embeddings and norms, are those of `model`, too.
    """
    import bitsandbytes
    import torch
    from peft.tuners.lora import LoraLayer
    from transformers import AutoModelForCausalLM

    config = copy.deepcopy(model.config)
    del config.quantization_config
    with torch.random.fork_rng():  # its weights start at random, and none of those numbers is kept
        plain = AutoModelForCausalLM.from_config(config, dtype=dtype).to(model.device)
    plain.generation_config = copy.deepcopy(model.generation_config)
    with torch.no_grad():
        for name, target in plain.state_dict().items():
            place, _, kind = name.rpartition(".")
            layer = model.get_submodule(place)
            stored = layer.base_layer if isinstance(layer, LoraLayer) else layer
            value = getattr(stored, kind).detach()
            if kind == "weight" and isinstance(stored, bitsandbytes.nn.Linear4bit):
                value = bitsandbytes.functional.dequantize_4bit(value, stored.weight.quant_state)
            if kind == "weight" and isinstance(layer, LoraLayer):
                value = value.float()
                for adapter in layer.active_adapters:
                    value = value + layer.get_delta_weight(adapter).float()
            target.copy_(value)
    return plain.eval()
