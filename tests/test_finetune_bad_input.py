"""What cannot be trained, and what goes wrong on the way: one clear error that says what to do, and nothing is lost."""

import copy
import errno
import math
import sys
import weakref
from types import SimpleNamespace

import pytest
import tiny_llama
import torch

from helpers import finetune, memory, models
from helpers.errors import CourseError
from helpers.finetune import checkpoints
from helpers.finetune.rows import dataset
from helpers.finetune.trainer import trainer_class

ASK = [{"role": "user", "content": "Count to 3"}]
ANSWER = [{"role": "assistant", "content": "1 2 3"}]
GOOD = {"prompt": ASK, "completion": ANSWER}


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


@pytest.fixture(scope="module")
def untouched(tokenizer):
    """A model that no test may change."""
    model = tiny_llama.model(tokenizer)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    yield model
    after = model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items()) and after.keys() == before.keys()
    assert not hasattr(model, "peft_config") and "forward" not in model.__dict__


def train(model, tokenizer, rows=None, method="lora", **changes):
    settings = dict(tokenizer=tokenizer, batch_size=4, epochs=2, validation=tiny_llama.rows(4, start=100)) | changes
    return finetune.finetune(model, tiny_llama.rows(24) if rows is None else rows, method, **settings)


# Rows

NEEDS = r"data\[0\] needs a 'prompt' and a 'completion'"
MESSAGE = r"data\[0\]: a message is a dict"
EMPTY = r"data\[0\] has an empty answer"
ROWS = {
    "none at all": ([], "no rows in data"),
    "nothing": (None, "no rows in data"),
    "a number": (3, "no rows in data"),
    "no dicts": (["Count to 3"], NEEDS),
    "a text": ("Count to 3", NEEDS),
    "no answer": ([{"prompt": ASK}], NEEDS),
    "answer is None": ([GOOD | {"completion": None}], NEEDS),
    "no messages": ([GOOD | {"completion": []}], NEEDS),
    "empty text": ([{"prompt": "Count to 3", "completion": ""}], NEEDS),
    "empty prompt": ([{"prompt": "", "completion": "1 2 3"}], NEEDS),
    "text and messages": ([{"prompt": "Count to 3", "completion": ANSWER}], NEEDS),
    "messages and text": ([GOOD | {"completion": "1 2 3"}], NEEDS),
    "numbers": ([{"prompt": 3, "completion": 4}], r"data\[0\].* are lists of messages or texts, not int"),
    "blank text": ([{"prompt": "Count to 3", "completion": " \n"}], EMPTY),
    "blank answer": ([GOOD | {"completion": [{"role": "assistant", "content": " "}]}], EMPTY),
    "content is None": ([GOOD | {"completion": [{"role": "assistant", "content": None}]}], MESSAGE),
    "no content": ([GOOD | {"completion": [{"role": "assistant"}]}], MESSAGE),
    "no role": ([GOOD | {"completion": [{"content": "1 2 3"}]}], MESSAGE),
    "messages are texts": ([{"prompt": ["Count"], "completion": ["1 2 3"]}], MESSAGE),
    "prompt without content": ([{"prompt": [{"role": "user"}], "completion": ANSWER}], MESSAGE),
    "the third is wrong": ([GOOD, GOOD, {"prompt": ASK}], r"data\[2\] needs"),
    "the answer is a question": ([GOOD | {"completion": ASK}], r"data\[0\]: the completion begins.*role 'user'"),
    "mixed forms": ([GOOD, {"prompt": "Count to 3", "completion": ANSWER}], r"data\[1\] needs"),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_cannot_be_trained_on_are_named(tokenizer, untouched, name):
    rows, words = ROWS[name]
    with pytest.raises(CourseError, match=words):
        finetune.finetune(untouched, rows, tokenizer=tokenizer)


def test_an_answer_that_does_not_fit_is_not_cut_off(tokenizer, untouched):
    long = GOOD | {"completion": [{"role": "assistant", "content": "1 " * 300}]}
    tokens = len(dataset([long], tokenizer, 10_000)[0]["input_ids"])
    with pytest.raises(CourseError, match=rf"data\[1\] has {tokens} tokens, and the window 200.*cut off.*max_length"):
        finetune.finetune(untouched, [GOOD, long], tokenizer=tokenizer, max_length=200)
    with pytest.raises(CourseError, match=r"validation\[0\] has .* tokens"):
        finetune.finetune(untouched, [GOOD], tokenizer=tokenizer, validation=[long], max_length=200)


def test_rows_of_both_forms_are_fine_together(tokenizer):
    """Each row is checked by itself, and any iterable is taken."""
    rows = (row for row in [GOOD, {"prompt": "Count to 3:", "completion": " 1 2 3"}])
    result = train(tiny_llama.model(tokenizer), tokenizer, rows)
    assert result.settings["rows"] == 2 and len(result.losses) == 2


def test_a_text_is_closed_and_only_its_answer_has_labels(tokenizer):
    row = dataset([{"prompt": "Count to 3:", "completion": " 1 2 3"}], tokenizer, 100)[0]
    answer = [label for label in row["labels"] if label != -100]
    assert tokenizer.decode(answer) == " 1 2 3" + tokenizer.eos_token
    assert tokenizer.decode(row["input_ids"]) == "Count to 3: 1 2 3" + tokenizer.eos_token


# Settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "dora"}, "method.*full, lora, qlora"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": -1}, "batch_size"),
        ({"accumulate": 0}, "accumulate"),
        ({"evaluations": 0}, "evaluations"),
        ({"rank": 0}, "rank"),
        ({"patience": 0}, "patience"),
        ({"learning_rate": -1e-3}, "learning_rate is -0.001.*above 0"),
        ({"learning_rate": 0}, "learning_rate is 0.*above 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan.*above 0"),
        ({"schedule": "steps"}, "schedule 'steps'.*linear, cosine"),
        ({"warmup": 5}, "warmup 5.*share"),
        ({"learning_rate": "0.001"}, "learning_rate is '0.001'. Give a number"),
        ({"learning_rate": math.inf}, "learning_rate is inf.*above 0"),
        ({"warmup": "5 %"}, "warmup is '5 %'. Give a number"),
        ({"alpha": "32"}, "alpha is '32'. Give a number"),
        ({"max_steps": 0}, "max_steps is 0. Give a whole number"),
        ({"max_steps": 2.5}, "max_steps is 2.5. Give a whole number"),
        ({"max_length": "long"}, "max_length is 'long'. Give a whole number"),
        ({"validation": []}, "no rows in validation.* or leave validation out"),
        ({"patience": 2, "validation": None}, "Early stopping.*Give validation rows"),
        ({"patience": 2, "validation": []}, "Early stopping.*Give validation rows"),
        ({"batch_size": 4, "accumulate": 3}, "4 rows cannot be shared by 1 process.* in 3 parts.*batch_size"),
        ({"batch_size": 4, "accumulate": 8}, "4 rows cannot be shared by 1 process.* in 8 parts.*batch_size"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_named(tokenizer, untouched, settings, words):
    with pytest.raises(CourseError, match=words):
        train(untouched, tokenizer, **settings)


def test_a_text_cannot_be_closed_without_an_end_token(tokenizer, untouched):
    endless = copy.deepcopy(tokenizer)
    endless.eos_token = None
    rows = [{"prompt": "Count to 3:", "completion": " 1 2 3"}]
    with pytest.raises(CourseError, match=r"data\[0\] is a text.*no token that ends one. Set tokenizer.eos_token"):
        train(untouched, endless, rows)


# Models


@pytest.mark.parametrize("model", ["SmolLM2-135M-Instruct", 3, torch.nn.Linear(2, 2)], ids=["name", "number", "layer"])
def test_what_is_no_loaded_model_is_named(tokenizer, model):
    with pytest.raises(CourseError, match=r"model is .*load_model\(\).*COURSE_MODEL"):
        train(model, tokenizer)


@pytest.mark.parametrize("given", ["rank", "alpha", "rank and alpha", "adapter"])
def test_other_adapters_than_the_models_own_are_not_dropped_silently(tokenizer, given):
    from peft import LoraConfig

    model = finetune.add_lora(tiny_llama.model(tokenizer), rank=4, alpha=8)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    changes = {"adapter": LoraConfig(r=2)} if given == "adapter" else dict.fromkeys(given.split(" and "), 16)
    with pytest.raises(CourseError, match=f"has adapters, and those are trained. Leave {given} out.*a fresh model"):
        train(model, tokenizer, **changes)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert train(model, tokenizer, rank=4, alpha=8).losses == train(trained_before(tokenizer, before), tokenizer).losses


def trained_before(tokenizer, weights):
    model = finetune.add_lora(tiny_llama.model(tokenizer), rank=4, alpha=8)
    model.load_state_dict(weights)
    return model


def in_4_bits(model):
    model.is_loaded_in_4bit = True
    return model


def frozen(model):
    return model.requires_grad_(False)


@pytest.mark.parametrize(
    ("prepare", "method", "words"),
    [
        (lambda model: model, "qlora", r"not in 4 bits.*method='qlora'.*load_4bit_model\(\)"),
        (in_4_bits, "lora", r"is in 4 bits.*method='lora'.*load_model\(\)"),
        (in_4_bits, "full", r"is in 4 bits; full fine-tuning trains all weights.*load_model\(\)"),
        (finetune.add_lora, "full", r"has adapters; full fine-tuning trains all weights.*load_model\(\)"),
        (lambda model: frozen(finetune.add_lora(model)), "lora", "No weight of this model may be trained"),
        (lambda model: finetune.add_lora(model).get_base_model(), "lora", "earlier run.*fresh one.*result.model"),
    ],
)
def test_a_model_that_does_not_fit_the_method_is_named(tokenizer, prepare, method, words):
    with pytest.raises(CourseError, match=words):
        train(prepare(tiny_llama.model(tokenizer)), tokenizer, method=method)


@pytest.mark.parametrize("layers", [["query", "value"], "attention"], ids=str)
def test_layers_that_a_model_does_not_have_are_named_and_it_can_still_be_used(tokenizer, layers):
    from peft import LoraConfig

    model = tiny_llama.model(tokenizer)
    with pytest.raises(CourseError, match="no.*adapters on.*LlamaForCausalLM.*target_modules='all-linear'"):
        train(model, tokenizer, adapter=LoraConfig(target_modules=layers))
    assert len(train(model, tokenizer).losses) == 12


@pytest.mark.parametrize("layers", [["q_proj", "value"], {"v_proj", "self_attn.query"}], ids=["list", "set"])
def test_layers_that_a_model_does_not_have_are_named_beside_some_that_it_has(tokenizer, layers):
    from peft import LoraConfig

    (wrong,) = [name for name in layers if not name.endswith("_proj")]
    with pytest.raises(CourseError, match=f"adapters on {wrong}: LlamaForCausalLM has no such layers"):
        train(tiny_llama.model(tokenizer), tokenizer, adapter=LoraConfig(target_modules=layers))


def test_layers_may_be_named_with_the_block_that_they_are_in(tokenizer):
    from peft import LoraConfig

    config = LoraConfig(r=2, target_modules=["self_attn.q_proj", "layers.1.mlp.up_proj"], task_type="CAUSAL_LM")
    model = train(tiny_llama.model(tokenizer), tokenizer, adapter=config).model
    assert sum("lora_A" in name for name, _ in model.named_parameters()) == 2 + 1


@pytest.mark.parametrize("adapter", [{"r": 8}, "all-linear"], ids=str)
def test_what_is_no_configuration_of_peft_is_named(tokenizer, untouched, adapter):
    with pytest.raises(CourseError, match="adapter is .*Give a configuration of PEFT"):
        train(untouched, tokenizer, adapter=adapter)


def test_a_model_that_an_earlier_run_put_adapters_into_does_not_answer_for_it(tokenizer):
    model = tiny_llama.model(tokenizer)
    train(model, tokenizer)
    with pytest.raises(CourseError, match="Give that run's result.model"):
        finetune.for_inference(model)


def test_a_tokenizer_that_nobody_gave_is_not_taken_for_a_model_that_knows_many_more_tokens(tokenizer):
    rows, larger = tiny_llama.rows(8), tiny_llama.model(tokenizer)
    larger.resize_token_embeddings(len(tokenizer) + 2000)
    with pytest.raises(CourseError, match="Give the model's own, as tokenizer="):
        finetune.finetune(larger, rows)
    rounded = tiny_llama.model(tokenizer)
    rounded.resize_token_embeddings(len(tokenizer) + 128)
    assert finetune.finetune(rounded, rows).steps == 1


def test_conversations_need_a_chat_template(tokenizer, untouched):
    plain = copy.deepcopy(tokenizer)
    plain.chat_template = None
    with pytest.raises(CourseError, match=r"data\[0\] is a conversation.*no chat template. Give prompt and completion"):
        train(untouched, plain)


def test_qlora_without_bitsandbytes_says_what_to_do(tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(CourseError, match="QLoRA needs bitsandbytes.*doctor.*use method='lora'"):
        train(None, tokenizer, method="qlora")


@pytest.mark.parametrize("error", [RuntimeError("no kernel image is available"), ValueError("not supported on mps")])
def test_qlora_where_bitsandbytes_refuses_says_what_to_do(tokenizer, monkeypatch, error):
    def refuse():
        raise error

    monkeypatch.setattr(models, "load_4bit_model", refuse)
    with pytest.raises(CourseError, match=f"does not work here on cpu: {error}.*COURSE_DEVICE=cpu"):
        train(None, tokenizer, method="qlora")


def test_the_other_methods_do_without_bitsandbytes(tokenizer, monkeypatch):
    from importlib import metadata

    known = metadata.version

    def version(name):
        if name == "bitsandbytes":
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(models.course, "version", version)
    result = train(tiny_llama.model(tokenizer), tokenizer)
    assert result.versions["bitsandbytes"] == "missing" and result.versions["peft"] == known("peft")


# Memory


def fails(monkeypatch, method, error, at):
    """Let the `at`-th call of a trainer's method raise `error`. Returns the list of calls, which grows."""
    original, calls = getattr(trainer_class(), method), []

    def failing(trainer, *inputs, **settings):
        calls.append(method)
        if len(calls) == at:
            raise error
        return original(trainer, *inputs, **settings)

    monkeypatch.setattr(trainer_class(), method, failing)
    return calls


CPU = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"
WINDOWS = "[enforce fail at alloc_cpu.cpp:116] data. DefaultCPUAllocator: not enough memory: you tried to allocate"
CUBLAS = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
MPS = "MPS backend out of memory (MPS allocated: 8.00 GB)"
NO_MEMORY = [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()]
NO_MEMORY += map(RuntimeError, (CPU, WINDOWS, CUBLAS, MPS))


@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: str(error)[:20] or "MemoryError")
def test_out_of_memory_says_the_planners_advice(tokenizer, monkeypatch, error):
    small = SimpleNamespace(total=10**7)
    monkeypatch.setattr("psutil.virtual_memory", lambda: small)
    fails(monkeypatch, "training_step", error, at=2)
    model, rows = tiny_llama.model(tokenizer), tiny_llama.rows(24)
    longest = max(map(len, dataset(rows, tokenizer, 1024)["input_ids"]))
    advice = memory.plan(model.config, "lora", longest, [0.01], 4, attention="eager")[0].advice
    assert advice
    with pytest.raises(CourseError) as caught:
        train(model, tokenizer, rows)
    message = str(caught.value)
    assert f"Memory ran out: 4 rows of up to {longest} tokens, method 'lora'" in message
    assert f"What to change first: {advice}" in message and message.endswith("start anew.")
    assert caught.value.__cause__ is error
    assert "forward" not in model.__dict__ and model.config._attn_implementation == "sdpa"
    assert not hasattr(model, "peft_config") and len(list(model.parameters())) == 2 * 9 + 3


def test_out_of_memory_with_a_model_that_the_planner_does_not_know(tokenizer, monkeypatch):
    def unknown(*args, **settings):
        raise CourseError("no such family")

    monkeypatch.setattr(memory, "plan", unknown)
    fails(monkeypatch, "training_step", MemoryError(), at=1)
    with pytest.raises(CourseError, match="What to change first: use smaller batches.*accumulate.*qlora"):
        train(tiny_llama.model(tokenizer), tokenizer, method="full")


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_out_of_memory_while_the_model_is_loaded_is_not_taken_for_something_else(tokenizer, monkeypatch, method):
    def full():
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(models, "load_model", full)
    monkeypatch.setattr(models, "load_4bit_model", full)
    with pytest.raises(CourseError, match=f"Memory ran out.*method '{method}'"):
        train(None, tokenizer, method=method)


def test_the_advice_counts_the_rows_that_are_taken_at_once(tokenizer, monkeypatch):
    asked, fit = [], SimpleNamespace(advice="less", largest_batch=0)
    monkeypatch.setattr(memory, "plan", lambda *asks, **how: asked.append(asks[-1]) or [fit])
    fails(monkeypatch, "training_step", MemoryError(), at=1)
    with pytest.raises(CourseError, match="2 rows at once, 4 a step, of up to .*What to change first: less"):
        train(tiny_llama.model(tokenizer), tokenizer, accumulate=2)
    assert asked == [2]


@pytest.mark.parametrize(("fitting", "parts"), [(7, 2), (3, 4), (1, 8)])
def test_the_advice_can_be_followed(tokenizer, monkeypatch, fitting, parts):
    """Batches of 3 may fit, but a step of 8 rows has no such part."""
    fit = SimpleNamespace(advice=f"batches of {fitting}", largest_batch=fitting)
    monkeypatch.setattr(memory, "plan", lambda *asks, **how: [fit])
    fails(monkeypatch, "training_step", MemoryError(), at=1)
    with pytest.raises(CourseError, match=f"first: accumulate={parts}, which is {8 // parts} rows? at once"):
        train(tiny_llama.model(tokenizer), tokenizer, batch_size=8)
    monkeypatch.undo()
    assert train(tiny_llama.model(tokenizer), tokenizer, batch_size=8, accumulate=parts).steps == 6


def test_the_advice_looks_at_validation_rows_too(tokenizer, monkeypatch):
    asked, fit = [], SimpleNamespace(advice="less", largest_batch=0)
    monkeypatch.setattr(memory, "plan", lambda *asks, **how: asked.append(asks[2]) or [fit])
    fails(monkeypatch, "evaluate", MemoryError(), at=1)
    held_out = [{"prompt": "Count:", "completion": " 1" * 300}]
    longest = len(dataset(held_out, tokenizer, 1024)[0]["input_ids"])
    with pytest.raises(CourseError, match=f"4 rows of up to {longest} tokens.*What to change first: less"):
        train(tiny_llama.model(tokenizer), tokenizer, validation=held_out)
    assert asked == [longest]


def test_out_of_memory_lets_go_of_the_tensors_of_the_step(tokenizer, monkeypatch):
    held = []

    def failing(trainer, *inputs, **settings):
        activations = torch.ones(3)
        held.append(weakref.ref(activations))
        raise MemoryError

    monkeypatch.setattr(trainer_class(), "compute_loss", failing)
    with pytest.raises(CourseError) as caught:  # kept, as a notebook keeps the last error
        train(tiny_llama.model(tokenizer), tokenizer)
    assert held and held[0]() is None and caught.value.__cause__


def test_rows_of_another_models_tokenizer_are_named(tokenizer):
    model = tiny_llama.model(tokenizer)
    model.resize_token_embeddings(100)
    with pytest.raises(CourseError, match="the model knows 100. Give the tokenizer that belongs"):
        train(model, tokenizer)


def test_rows_longer_than_the_models_window_are_named(tokenizer):
    with pytest.raises(CourseError, match="the model's window is 16. Lower max_length"):
        train(tiny_llama.model(tokenizer, max_position_embeddings=16), tokenizer)


def test_a_row_that_the_chat_template_refuses_is_named(tokenizer):
    strict = copy.deepcopy(tokenizer)
    strict.chat_template = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(CourseError, match=r"data\[0\] does not fit.*roles must alternate"):
        train(tiny_llama.model(tokenizer), strict)


def test_a_measurement_that_fails_does_not_cost_the_training(tokenizer, monkeypatch):
    def broken(*_):
        raise RuntimeError("the profiler broke")

    monkeypatch.setattr("helpers.finetune.measuring.measure", broken)
    result = train(tiny_llama.model(tokenizer), tokenizer, measure_memory=True)
    assert result.memory["reason"] == "the profiler broke" and result.losses


def test_out_of_memory_loses_no_checkpoint(tokenizer, tmp_path, monkeypatch):
    whole = train(tiny_llama.model(tokenizer), tokenizer)
    with monkeypatch.context() as patch:
        fails(patch, "training_step", RuntimeError(CPU), at=9)
        with pytest.raises(CourseError, match="Checkpoints are kept: the same call goes on"):
            train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path)
    result = train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path)
    assert result.resumed_from == 6 and result.losses == pytest.approx(whole.losses, abs=1e-6)


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), ValueError("no"), OSError(errno.EACCES, "no")], ids=str
)
def test_other_errors_are_not_taken_for_these(tokenizer, monkeypatch, error):
    fails(monkeypatch, "training_step", error, at=2)
    with pytest.raises(type(error)) as caught:
        train(tiny_llama.model(tokenizer), tokenizer)
    assert caught.value is error


# Disk


def test_a_disk_that_is_too_small_is_told_before_the_first_step(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=10**6))
    steps = fails(monkeypatch, "training_step", ValueError("it began"), at=1)
    model = tiny_llama.model(tokenizer)
    with pytest.raises(CourseError, match=r"Checkpoints of this training needs 76 MB of disk.*choose another folder"):
        train(model, tokenizer, method="full", folder=tmp_path)
    assert not steps
    monkeypatch.undo()
    assert train(model, tokenizer, method="full", folder=tmp_path).steps == 12


def test_checkpoints_that_are_there_already_make_room_for_the_next(tokenizer, tmp_path, monkeypatch):
    fails(monkeypatch, "training_step", KeyboardInterrupt(), at=9)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, method="full", folder=tmp_path)
    monkeypatch.undo()
    # Of the 76 MB a half is written, and the other half is free.
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=45 * 10**6))
    assert train(tiny_llama.model(tokenizer), tokenizer, method="full", folder=tmp_path).resumed_from == 6


def disk_full():
    from safetensors import SafetensorError

    words = "Error while serializing: I/O error: No space left on device (os error 28)"
    return {
        "system": ("_save_rng_state", OSError(errno.ENOSPC, "No space left on device")),
        "quota": ("_save_rng_state", OSError(errno.EDQUOT, "Disk quota exceeded")),
        "safetensors": ("save_model", SafetensorError(words)),
        "tokenizers": ("save_model", Exception("No space left on device (os error 28)")),
        "torch": ("_save_optimizer_and_scheduler", RuntimeError("[enforce fail] . PytorchStreamWriter failed writing")),
    }


@pytest.mark.parametrize("where", ["system", "quota", "safetensors", "tokenizers", "torch"])
def test_a_disk_that_fills_up_loses_no_checkpoint(tokenizer, tmp_path, monkeypatch, where):
    whole = train(tiny_llama.model(tokenizer), tokenizer)
    method, error = disk_full()[where]
    with monkeypatch.context() as patch:
        fails(patch, method, error, at=3)
        with pytest.raises(CourseError, match="disk is full.*Checkpoints are kept: the same call goes on"):
            train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path)
    assert checkpoints.last_of(tmp_path).name == "checkpoint-6"
    result = train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path)
    assert result.resumed_from == 6 and result.losses == pytest.approx(whole.losses, abs=1e-6)


# Losses that are no numbers


def test_a_learning_rate_that_is_far_too_high_is_told(tokenizer):
    with pytest.raises(CourseError, match="diverged: the .* was (nan|inf) after step .*Lower learning_rate.*1e.30"):
        train(tiny_llama.model(tokenizer), tokenizer, method="full", learning_rate=1e30, warmup=0.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_before_it_is_saved(tokenizer, tmp_path, monkeypatch, bad):
    compute, calls = trainer_class().compute_loss, []

    def planted(trainer, *inputs, **settings):
        calls.append(None)
        return compute(trainer, *inputs, **settings) * (bad if len(calls) == 9 else 1)

    monkeypatch.setattr(trainer_class(), "compute_loss", planted)
    with pytest.raises(CourseError, match=f"the loss was {bad} after step 9.*learning_rate.*stay in .*another folder"):
        train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path, evaluations=12)
    last = checkpoints.last_of(tmp_path)
    assert last.name == "checkpoint-8"
    check_finite(last)


def check_finite(checkpoint):
    from safetensors.torch import load_file

    values = load_file(checkpoint / "adapter_model.safetensors")
    assert values and all(torch.isfinite(each).all() for each in values.values())


def test_a_gradient_that_is_no_number_stops_before_it_is_saved(tokenizer, tmp_path, monkeypatch):
    """The loss of that step is a number still; the weights are none any more."""
    step, calls = trainer_class().training_step, []

    def planted(trainer, model, *inputs):
        loss = step(trainer, model, *inputs)
        calls.append(None)
        if len(calls) == 4:
            next(each for each in model.parameters() if each.requires_grad).grad[0] = math.nan
        return loss

    monkeypatch.setattr(trainer_class(), "training_step", planted)
    with pytest.raises(CourseError, match="the gradient's length was nan after step 4"):
        train(tiny_llama.model(tokenizer), tokenizer, folder=tmp_path, evaluations=12)
    check_finite(checkpoints.last_of(tmp_path))
