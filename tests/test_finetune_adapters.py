"""Adapters in use: merged as they are beside the weights, exchanged in no time, and several of them in one batch."""

import statistics
import time

import pytest
import tiny_llama
import torch
from peft import LoraConfig

from helpers import finetune, models


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


def adapted(tokenizer, names=("default",)):
    """A tiny model with an adapter of each name, whose B is not 0: each changes what the model says."""
    model = tiny_llama.model(tokenizer)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = finetune.add_lora(model, config=config)
    for name in names[1:] if names[0] == "default" else names:
        model.add_adapter(name, config)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def logits(model, ids, **named):
    with torch.no_grad():
        return model(input_ids=ids, **named).logits


IDS = torch.arange(100, 120)[None]


def test_a_merged_model_answers_as_its_adapters_beside_the_weights(tokenizer, fp32):
    model = adapted(tokenizer)
    wanted, base = logits(model, IDS), logits(model.get_base_model(), IDS)
    with model.disable_adapter():
        plain = logits(model, IDS)
    assert torch.equal(base, wanted) and (plain - wanted).abs().max() > 0.1
    merged = finetune.for_inference(model)
    assert not hasattr(merged, "peft_config") and not any("lora" in name for name, _ in merged.named_parameters())
    assert torch.allclose(logits(merged, IDS), wanted, atol=1e-5)
    assert torch.equal(logits(model, IDS), wanted), "the model itself was merged"


def test_merging_and_taking_out_again_changes_nothing_but_rounding(tokenizer):
    model = adapted(tokenizer)
    wanted = logits(model, IDS)
    weights = {name: each.clone() for name, each in model.named_parameters()}
    model.merge_adapter()
    assert torch.allclose(logits(model, IDS), wanted, atol=1e-5)
    model.unmerge_adapter()
    assert torch.allclose(logits(model, IDS), wanted, atol=1e-5)
    assert all(torch.allclose(each, weights[name], atol=1e-6) for name, each in model.named_parameters())


def test_a_model_without_adapters_is_given_back_as_it_is(tokenizer, fp32):
    model = tiny_llama.model(tokenizer).train()
    ready = finetune.for_inference(model)
    assert ready is model and not model.training


def test_two_adapters_are_exchanged_in_less_than_a_tenth_of_a_second(tokenizer):
    """As lesson 08 does it, with `set_adapter`."""
    model = adapted(tokenizer, ("one", "other"))
    said, taken = {"one": [], "other": []}, []
    for turn in range(11):
        name = ("one", "other")[turn % 2]
        started = time.perf_counter()
        model.set_adapter(name)
        taken.append(time.perf_counter() - started)
        said[name].append(logits(model.eval(), IDS))
    assert statistics.median(taken) < 0.1
    assert all(torch.equal(each, answers[0]) for answers in said.values() for each in answers)
    assert (said["one"][0] - said["other"][0]).abs().max() > 0.1


def test_one_batch_serves_both_adapters_and_the_model_without_one(tokenizer):
    model = adapted(tokenizer, ("one", "other"))
    asked = ["other", "one", "__base__", "other"]
    mixed = logits(model, IDS.repeat(4, 1), adapter_names=asked)
    for row, name in zip(mixed, asked, strict=True):
        if name == "__base__":
            with model.disable_adapter():
                alone = logits(model, IDS)[0]
        else:
            model.set_adapter(name)
            alone = logits(model.eval(), IDS)[0]
        assert torch.allclose(row, alone, atol=1e-5), name
    assert all((mixed[k] - mixed[2]).abs().max() > 0.1 for k in (0, 1))
