"""Predicted memory equals measured memory on small models of several shapes, and the planner gives clear answers."""

import itertools

import pytest

from helpers import memory, shapes
from helpers.errors import CourseError
from helpers.memory import rivals

# Small enough to train in a blink. With 3,000 words the logits are the largest part, with 200 the layers are.
SIZES = {
    "vocab_size": 3000, "hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 4,
    "num_attention_heads": 6, "num_key_value_heads": 2, "tie_word_embeddings": True,
}  # fmt: skip
SHAPES = {
    "tied": ("llama", {}),
    "untied": ("llama", {"tie_word_embeddings": False}),
    "one key a query": ("llama", {"num_key_value_heads": 6}),
    "biases": ("qwen2", {}),
    "few words": ("llama", {"vocab_size": 200}),
}
CASES = [
    *itertools.product(["tied"], ("full", "lora"), ("bfloat16", "float32"), (False, True)),
    *((name, *how) for name in list(SHAPES)[1:] for how in (("full", "bfloat16", False), ("lora", "float32", True))),
    ("tied", "lora", "float16", False),
    ("tied", "lora", "float16", True),
]


def small(name):
    from transformers import AutoConfig

    family, changes = SHAPES[name]
    return AutoConfig.for_model(family, **(SIZES | changes))


def step_of(config, method, dtype, checkpointing):
    """A model, its optimizer, and a function of (batch, sequence) that trains it for one step."""
    import torch
    from transformers import AutoModelForCausalLM

    from helpers import finetune

    torch.manual_seed(0)
    weights = torch.bfloat16 if method == "lora" and dtype == "bfloat16" else torch.float32
    model = AutoModelForCausalLM.from_config(config).to(weights)
    if method == "lora":
        model = finetune.add_lora(model, rank=4)
    model.train()
    if checkpointing:
        if method == "lora":
            model.enable_input_require_grads()
        model.activation_checkpointing_enable()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], fused=True)

    def step(batch, sequence):
        tokens = torch.randint(0, 200, (batch, sequence))
        with torch.autocast("cpu", dtype=getattr(torch, dtype), enabled=dtype != "float32"):
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    step(1, 4)  # makes the optimizer's state
    return model, optimizer, step


@pytest.mark.parametrize(("name", "method", "dtype", "checkpointing"), CASES)
def test_prediction_equals_measurement(name, method, dtype, checkpointing):
    config = small(name)
    model, optimizer, step = step_of(config, method, dtype, checkpointing)
    for batch, sequence in ((1, 32), (3, 160)):
        measured = memory.measure(lambda: step(batch, sequence), model, optimizer)  # noqa: B023
        predicted = memory.predict(config, method, batch, sequence, dtype=dtype, checkpointing=checkpointing, rank=4)
        assert abs(memory.error(predicted.total, measured.total)) < 0.06, (str(predicted), str(measured))
        for part in ("weights", "adapters", "optimizer"):
            assert predicted.parts[part] == pytest.approx(measured.parts[part], rel=0.01, abs=2000), part


@pytest.mark.parametrize(
    ("name", "method", "dtype", "checkpointing"),
    [
        ("tied", "full", "bfloat16", False),
        ("tied", "full", "float32", False),
        ("tied", "lora", "bfloat16", False),
        ("one key a query", "lora", "float32", False),
        ("one key a query", "full", "bfloat16", True),
    ],
)
def test_plain_attention_keeps_its_scores(name, method, dtype, checkpointing):
    config = small(name)
    model, optimizer, step = step_of(config, method, dtype, checkpointing)
    model.set_attn_implementation("eager")
    settings = {"dtype": dtype, "checkpointing": checkpointing, "rank": 4}
    for batch, sequence in ((1, 32), (2, 320)):
        measured = memory.measure(lambda: step(batch, sequence), model, optimizer)  # noqa: B023
        predicted = memory.predict(config, method, batch, sequence, attention="eager", **settings)
        assert abs(memory.error(predicted.total, measured.total)) < 0.06, (str(predicted), str(measured))
    fused = memory.predict(config, method, 2, 320, **settings)
    scores = 4 * 2 * 6 * 320**2 * 4  # layers, rows, heads, pairs of tokens, fp32
    assert checkpointing or predicted.total - fused.total > 0.99 * scores


def test_attention_without_scores_grows_with_the_length_and_not_with_its_square():
    def activations(sequence, **settings):
        return memory.predict("smollm2-135m", "lora", 1, sequence, **settings).parts["activations"]

    assert activations(2048) < 2.1 * activations(1024)
    assert activations(2048, attention="eager") > 3 * activations(1024, attention="eager")


def test_the_parts_are_told_apart():
    config = small("tied")
    model, optimizer, step = step_of(config, "full", "bfloat16", False)
    parts = memory.measure(lambda: step(4, 128), model, optimizer).parts
    predicted = memory.predict(config, "full", 4, 128).parts
    assert parts["logits and loss"] == predicted["logits and loss"] == 12 * 4 * 128 * 3000
    assert parts["low-precision copies"] == pytest.approx(predicted["low-precision copies"], rel=0.02)
    assert parts["activations"] == pytest.approx(predicted["activations"], rel=0.02)
    # After the last backward pass, where few tokens are trained: all gradients, and the embedding's second one.
    few = memory.measure(lambda: step(1, 8), model, optimizer)
    assert few.parts["gradients"] == 4 * (model.num_parameters() + 3000 * 96)
    assert few.moment.startswith("backward")


def test_a_step_that_does_not_train_is_noticed():
    model, optimizer, _ = step_of(small("few words"), "full", "float32", False)
    with pytest.raises(CourseError, match="saw no allocation"):
        memory.measure(lambda: None, model, optimizer)


def test_marks_are_taken_off_again():
    model, optimizer, step = step_of(small("few words"), "full", "float32", False)
    memory.measure(lambda: step(1, 8), model, optimizer)
    assert not any(p._post_accumulate_grad_hooks for p in model.parameters())
    assert not model.get_output_embeddings()._forward_hooks


@pytest.mark.parametrize(
    "change", [{"attention_bias": True}, {"mlp_bias": True}, {"head_dim": 32}], ids=lambda change: next(iter(change))
)
def test_other_layers_of_llamas_are_counted_too(change):
    from transformers import AutoConfig

    config = AutoConfig.for_model("llama", **(SIZES | change))
    assert memory.Shape.of(config).parameters == shapes.skeleton(config).num_parameters()


def test_numbers_may_be_numpys():
    import numpy as np

    assert memory.predict("llama-3.2-1b", batch=np.int64(4)).total == memory.predict("llama-3.2-1b", batch=4).total


def test_gradients_from_before_do_not_hide():
    model, optimizer, step = step_of(small("tied"), "full", "float32", False)
    fresh = memory.measure(lambda: step(1, 8), model, optimizer).total
    for parameter in model.parameters():
        parameter.grad = parameter.detach().clone()
    assert memory.measure(lambda: step(1, 8), model, optimizer).total == fresh


@pytest.mark.parametrize("name", [name for name in shapes.names() if "t5" not in name])
def test_parameters_by_formula_are_those_of_the_model(name):
    shape = memory.Shape.of(shapes.config(name))
    assert shape.parameters == shapes.skeleton(name).num_parameters() == shapes.published(name)


def test_adapters_by_formula_are_those_of_peft():
    from helpers import finetune

    config = shapes.config("qwen2.5-coder-0.5b")
    trainable, _ = finetune.add_lora(shapes.skeleton(config), rank=16).get_nb_trainable_parameters()
    assert memory.Shape.of(config).adapters(16) == trainable


def test_more_of_anything_needs_no_less():
    def total(**change):
        settings = {"method": "lora", "batch": 2, "sequence": 256} | change
        return memory.predict("smollm2-135m", **settings).total

    assert total() < total(batch=3) < total(batch=3, sequence=300)
    assert total(checkpointing=True) < total() < total(rank=64)
    assert total(method="qlora") < total() < total(method="full")
    assert total(loss_tokens=64) < total()
    assert total(method="full", optimizer="sgd") < total(method="full")
    assert total() < total(padding=True) < total(attention="eager")
    assert total(method="full", accumulate=2) > total(method="full")


def test_the_cache_of_keys_and_values():
    # Llama 3.1 8B: 2 x 32 layers x 8 heads x 128 numbers x 2 bytes = 131,072 bytes a token.
    assert memory.kv_cache("llama-3.1-8b", 1) == 131_072
    assert memory.kv_cache("llama-3.1-8b", 8192, batch=2, dtype="float32") == 4 * 8192 * 131_072


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("batch", "prompt", "new"), [(1, 32, 8), (4, 256, 8), (8, 16, 100)])
def test_prediction_of_generation_is_close(dtype, batch, prompt, new):
    import torch
    from transformers import AutoModelForCausalLM

    config = small("tied")
    model = AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype)).eval()
    ids = torch.randint(3, 200, (batch, prompt))

    def write():
        with torch.inference_mode():
            mask = torch.ones_like(ids)
            model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=new, do_sample=False, pad_token_id=0)

    measured = memory.measure(write, model)
    predicted = memory.predict_generation(config, batch, prompt, new, dtype=dtype)
    assert predicted.parts["weights"] == measured.parts["weights"]
    assert abs(memory.error(predicted.total, measured.total)) < 0.1, (str(predicted), str(measured))
    assert predicted.parts["KV cache"] >= memory.kv_cache(config, prompt, batch, dtype)


def test_generation_in_four_bits_needs_less():
    full = memory.predict_generation("llama-3.1-8b", 1, 2048, 128)
    four = memory.predict_generation("llama-3.1-8b", 1, 2048, 128, four_bit=True)
    assert four.total < full.total / 2 and four.parts["KV cache"] == full.parts["KV cache"]
    with pytest.raises(CourseError, match="new_tokens is 0"):
        memory.predict_generation("llama-3.1-8b", new_tokens=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: memory.predict("gpt-7", "lora"), "no shape of a model called 'gpt-7'"),
        (lambda: memory.predict("flan-t5-base", "lora"), "decoders built like Llama"),
        (lambda: memory.predict("llama-3.2-1b", "dora"), "full, lora, qlora"),
        (lambda: memory.predict("llama-3.2-1b", batch=-1), "batch is -1"),
        (lambda: memory.predict("llama-3.2-1b", batch=1.5), "whole number"),
        (lambda: memory.predict("llama-3.2-1b", sequence=0), "sequence is 0"),
        (lambda: memory.predict("llama-3.2-1b", dtype="int4"), "dtype is 'int4'"),
        (lambda: memory.predict("llama-3.2-1b", optimizer="adam"), "adamw"),
        (lambda: memory.predict("llama-3.2-1b", batch=1, sequence=8, loss_tokens=9), "from 1 to batch x sequence = 8"),
        (lambda: memory.predict("llama-3.2-1b", attention="flash"), "fused, eager"),
        (lambda: memory.predict("llama-3.2-1b", accumulate=0), "accumulate is 0"),
        (lambda: memory.kv_cache("llama-3.2-1b", -5), "tokens is -5"),
        (lambda: memory.plan("llama-3.2-1b", gpus=["GTX 9000"]), "no GPU that is known here"),
        (lambda: memory.plan("llama-3.2-1b", gpus=[-4]), "its memory in GB"),
        (lambda: memory.plan("llama-3.2-1b", "lora", batch=0), "batch is 0"),
        (lambda: memory.plan("llama-3.2-1b", gpus=None), "no GPU that is known here"),
        (lambda: memory.plan("llama-3.2-1b", gpus=[["T4"]]), "no GPU that is known here"),
        (lambda: memory.plan("llama-3.2-1b", loss_tokens=8), "no meaning"),
        (lambda: memory.plan("llama-3.2-1b", reserve_gb=-1), "0 or more"),
        (lambda: memory.predict("llama-3.2-1b", optimizer=["adamw"]), "adamw"),
        (lambda: memory.predict("llama-3.2-1b", loss_tokens="a"), "whole number"),
        (lambda: memory.zero(-1, 64, 1), "how many there are"),
        (lambda: memory.zero(7_500_000_000, 64, 4), "stage is 4"),
        (lambda: memory.zero(7_500_000_000, 0, 1), "gpus is 0"),
    ],
)
def test_bad_input_gets_a_clear_answer(call, words):
    with pytest.raises(CourseError, match=words):
        call()


def test_a_plan_says_what_fits_and_what_to_change():
    rows = {row.gpu: row for row in memory.plan("llama-3.1-8b", "full", 2048)}
    assert set(rows) == set(memory.GPUS)
    assert not rows["T4"].fits and rows["T4"].headroom_gb < 0 and rows["T4"].largest_batch == 0
    assert "qlora" in rows["T4"].advice
    (large,) = memory.plan("llama-3.1-8b", "lora", 512, gpus=["H100"])
    assert large.fits and large.advice == "" and large.largest_batch >= 1
    assert large.headroom_gb == pytest.approx(80 - 1.5 - large.needed_gb)


def test_the_largest_batch_fits_and_one_more_does_not():
    (row,) = memory.plan("llama-3.2-1b", "lora", 512, gpus=[24])
    room = (24 - 1.5) * 1e9
    assert memory.predict("llama-3.2-1b", "lora", row.largest_batch, 512).total <= room
    assert memory.predict("llama-3.2-1b", "lora", row.largest_batch + 1, 512).total > room


def test_the_advice_is_what_it_says():
    (row,) = memory.plan("llama-3.2-1b", "lora", 2048, gpus=[12], batch=64)
    most = memory.largest_batch("llama-3.2-1b", "lora", 2048, 10.5e9)
    assert f"batches of {most}" in row.advice
    (row,) = memory.plan("llama-3.2-1b", "full", 2048, gpus=[16])
    assert row.advice.startswith("checkpointing, lora") and "qlora" not in row.advice
    changed = memory.predict("llama-3.2-1b", "lora", 1, 2048, checkpointing=True)
    assert row.advice.endswith(f"{changed.total / 1e9:.1f} GB")


def test_every_question_gets_an_answer_that_holds():
    """Each row that does not fit says what to do, and where it gives a batch and GB, those fit."""
    for model, method, sequence, batch, checkpointing in itertools.product(
        ("smollm2-135m", "llama-3.1-8b", "llama-3.1-70b"), memory.METHODS, (256, 4096), (1, 16), (False, True)
    ):
        for row in memory.plan(model, method, sequence, [1, "T4", "H100"], batch, checkpointing=checkpointing):
            assert row.fits == (row.advice == "") == (row.headroom_gb >= 0)
            assert (row.largest_batch >= batch) == row.fits
    (row,) = memory.plan("llama-3.1-70b", "qlora", 256, gpus=[24], checkpointing=True)
    assert "weights alone take" in row.advice
    (row,) = memory.plan("smollm2-135m", "qlora", gpus=[1])
    assert "reserve" in row.advice
    (row,) = memory.plan("llama-3.1-8b", "full", 8192, ["H100"], 16)
    most = int(row.advice.split("batches of ")[1].split(",")[0])
    room = 78.5e9
    fits = [memory.predict("llama-3.1-8b", "lora", n, 8192, checkpointing=True).total <= room for n in (most, most + 1)]
    assert fits == [True, False]


def test_a_gpu_without_bf16_is_planned_for_in_fp16():
    (row,) = memory.plan("llama-3.2-1b", "lora", 512, gpus=["T4"])
    assert row.needed_gb * 1e9 == memory.predict("llama-3.2-1b", "lora", 1, 512, dtype="float16").total
    assert row.needed_gb > memory.plan("llama-3.2-1b", "lora", 512, gpus=[16])[0].needed_gb


def test_a_gpu_smaller_than_the_weights_is_told_so():
    (row,) = memory.plan("llama-3.1-70b", "qlora", 512, gpus=[24])
    assert not row.fits and "weights alone take" in row.advice


@pytest.mark.parametrize(("stage", "gb"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_zero_gives_the_figures_of_the_paper(stage, gb):
    assert memory.zero(7_500_000_000, 64, stage) / 1e9 == pytest.approx(gb, abs=0.05)


def test_the_rivals_say_what_they_publish():
    config = shapes.config("smollm2-135m")
    weights = shapes.skeleton(config)
    n = shapes.published("smollm2-135m")
    assert rivals.accelerate_estimate(weights, config, "full", "float32") == pytest.approx(16 * n, rel=0.01)
    # 2 + 4 + 12 bytes a parameter, and s b h L (34 + 5 a s / h)
    activations = 128 * 2 * 576 * 30 * (34 + 5 * 9 * 128 / 576)
    assert rivals.transformer_math(config, "full", 2, 128) == pytest.approx(18 * n + activations)
    fewer = rivals.transformer_math(config, "full", 2, 128, checkpointing=True)
    assert fewer == pytest.approx(18 * n + 2 * 128 * 2 * 576 * 30)
