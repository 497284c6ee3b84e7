"""The formula of operations against PyTorch's own counter, and the benchmark that uses it, on a tiny model."""

import json
import os
import subprocess
import sys

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM

from helpers import finetune, flops
from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.finetune.trainer import trainer_class

LENGTH, ANSWER, ROWS = 24, 5, 3


def tiny(tied=True, kv_heads=2):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=80,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        tie_word_embeddings=tied,
        attn_implementation="eager",  # PyTorch does not count the fused kernel of a CPU
    )
    return LlamaForCausalLM(config)


def counted(model):
    """What PyTorch counts in one pass of the engine's own loss, forward and backward."""
    trainer = object.__new__(trainer_class())
    trainer.model = model
    ids = torch.randint(10, 300, (ROWS, LENGTH))
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    with FlopCounterMode(display=False) as counter:
        trainer.answer_loss(model, {"input_ids": ids, "labels": labels})[0].backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kv_heads", [4, 2])
@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_formula_counts_what_pytorch_counts(method, kv_heads, tied):
    model = tiny(tied, kv_heads)
    parts = flops.training(
        model.config, [LENGTH] * ROWS, [ANSWER] * ROWS, method, rank=4, causal=False
    )  # a plain product computes all pairs
    trained = model if method == "full" else finetune.add_lora(model, rank=4, alpha=8)
    assert sum(parts.values()) == counted(trained.train())


def test_useful_pairs_are_the_causal_half():
    config = tiny().config
    useful = flops.training(config, [10], [2])["attention"]
    assert useful / flops.training(config, [10], [2], causal=False)["attention"] == 55 / 100


def test_rows_add_up_and_full_training_has_no_adapters():
    config = tiny().config
    apart = [flops.training(config, [length], [3], "full") for length in (7, 20)]
    together = flops.training(config, [7, 20], [3, 3], "full")
    assert together == {part: apart[0][part] + apart[1][part] for part in together}
    assert together["adapters"] == 0
    assert flops.training(config, [7], [3], "lora") == flops.training(config, [7], [3], "qlora")


def test_what_cannot_be_counted_is_refused():
    config = tiny().config
    with pytest.raises(CourseError, match="method"):
        flops.training(config, [7], [3], "prefix")
    with pytest.raises(CourseError, match="1 lengths and 2 answers"):
        flops.training(config, [7], [3, 3])


@pytest.mark.slow
def test_the_benchmark_runs_and_writes_what_it_promises(tmp_path):
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.training_speed",
        "--smoke",
        "--output",
        str(tmp_path / "speed.json"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    values, contestants = found["values"], {"ours_lora", "ours_full", "trl_defaults", "trl_best"}
    assert set(found["rounds"]) == set(found["to_loss"]["seconds"]) | {"ours_full"} == contestants
    assert len({report["tokens"] for rounds in found["rounds"].values() for report in rounds}) == 1  # the same data
    assert {report["threads"] for rounds in found["rounds"].values() for report in rounds} == {1}
    assert values["product_tflops"] > 0
    assert all(0 < values[f"{name}_share"] < 1 for name in contestants)
    assert any("packs" in trial["settings"] for trial in found["trl_best"]["trials"])
    assert not any(trial["trouble"] for trial in found["trl_best"]["trials"])
