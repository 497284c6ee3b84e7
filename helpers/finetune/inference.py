"""A trained model made ready to answer: adapters merged into their weights, all in the precision to compute in."""

import copy

from helpers import course, models


def for_inference(model):
    """`model` as one answers with it: without adapters beside the weights, in bf16 where the device computes in it.

    Adapters are merged into a copy, W + (alpha / r) B A, so that answering costs what it costs the base model; 4-bit
    weights are first turned back into numbers, because merging into 4 bits would round the adapters away. `model`
    itself keeps its adapters; without any, it is changed in place.
    """
    import torch

    dtype = torch.bfloat16 if course.dtype() is torch.bfloat16 else torch.float32
    if not hasattr(model, "peft_config"):
        return model.to(dtype).eval()
    if model.peft_type.value in ("PROMPT_TUNING", "PREFIX_TUNING", "P_TUNING"):
        return model.eval()  # soft prompts are inputs, not weights
    if getattr(model, "is_loaded_in_4bit", False):
        return _merged_4bit(model, dtype)
    return copy.deepcopy(model).merge_and_unload().to(dtype).eval()


def _merged_4bit(model, dtype):
    import bitsandbytes
    import torch
    from peft.tuners.lora import LoraLayer

    plain = models.load_model()
    with torch.no_grad():
        for name, layer in model.base_model.model.named_modules():
            if not isinstance(layer, LoraLayer):
                continue
            stored = layer.base_layer.weight
            weight = bitsandbytes.functional.dequantize_4bit(stored.data, stored.quant_state).float()
            for adapter in layer.active_adapters:
                weight += layer.get_delta_weight(adapter).float()
            plain.get_submodule(name).weight.copy_(weight.to(dtype))
    return plain.eval()
