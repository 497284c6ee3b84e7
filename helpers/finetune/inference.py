"""A trained model made ready to answer: adapters merged into their weights, all in the precision to compute in."""

import copy

from helpers import course, models


def for_inference(model):
    """`model` as one answers with it: without adapters beside the weights, in bf16 where the device computes in it.

    Adapters are merged into a copy, W + (alpha / r) B A, so that answering costs what it costs the base model; 4-bit
    weights are first turned back into numbers, because merging into 4 bits would round the adapters away. (Adapters
    other than plain LoRA stay beside 4-bit weights.) `model` itself keeps its adapters; without any, it is changed in
    place.
    """
    import torch

    dtype = torch.bfloat16 if course.dtype() is torch.bfloat16 else torch.float32
    if not hasattr(model, "peft_config"):
        return model.to(dtype).eval()
    if model.peft_type.value in ("PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING"):
        return model.eval()  # soft prompts are inputs, not weights
    if getattr(model, "is_loaded_in_4bit", False):
        return _merged_4bit(model, dtype) if _is_plain_lora(model) else model.eval()
    return copy.deepcopy(model).merge_and_unload().to(dtype).eval()


def _is_plain_lora(model):
    """Whether the adapters are W + (alpha / r) B A and nothing else is trained."""
    configs = [model.peft_config[name] for name in model.active_adapters]
    return all(
        config.peft_type.value == "LORA" and config.bias == "none" and not (config.use_dora or config.modules_to_save)
        for config in configs
    )


def _merged_4bit(model, dtype):
    """The model that was trained: every 4-bit weight as the numbers it stands for, plus what adapters add to it."""
    import bitsandbytes
    import torch
    from peft.tuners.lora import LoraLayer

    plain = models.load_model()
    with torch.no_grad():
        for name, layer in model.base_model.model.named_modules():
            adapters = layer.active_adapters if isinstance(layer, LoraLayer) else []
            stored = layer.base_layer if isinstance(layer, LoraLayer) else layer
            four_bit = isinstance(stored, bitsandbytes.nn.Linear4bit)
            if name.endswith(".base_layer") or not (four_bit or adapters):
                continue
            weight = stored.weight.data
            if four_bit:
                weight = bitsandbytes.functional.dequantize_4bit(weight, stored.weight.quant_state)
            weight = weight.float()
            for adapter in adapters:
                weight = weight + layer.get_delta_weight(adapter).float()
            plain.get_submodule(name).weight.copy_(weight.to(dtype))
    return plain.eval()
