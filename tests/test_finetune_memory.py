"""The memory of the engine's steps is predicted within a tenth: for its batches, its attention, its loss."""

import pytest
import torch
from transformers import BitsAndBytesConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from helpers import course, finetune, memory, models

SHAPES = {"many short rows": (8, 20, 60), "few long rows": (4, 300, 380)}  # rows, fewest and most words of one


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


def texts(rows, fewest, most):
    """Texts of two lengths, so that batches are padded."""
    return [{"prompt": " the" * (most if row % 2 else fewest), "completion": " a" * 14} for row in range(rows)]


def small(tokenizer, method, folder):
    """A Llama with random weights whose activations outweigh its embedding, prepared as the course's model is."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=96, intermediate_size=256, num_hidden_layers=4, num_attention_heads=6,
        num_key_value_heads=2, tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = LlamaForCausalLM(config).to(course.dtype())
    if method != "qlora":
        return model
    model.save_pretrained(folder)
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=course.dtype(),
    )
    return LlamaForCausalLM.from_pretrained(folder, dtype=course.dtype(), quantization_config=nf4)


def trained(tokenizer, model, rows, method, **settings):
    settings = {"batch_size": len(rows), "measure_memory": True, "tokenizer": tokenizer} | settings
    return finetune.finetune(model, rows, method, **settings)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("method", finetune.METHODS)
def test_prediction_is_within_a_tenth(tokenizer, method, name, tmp_path):
    rows = texts(*SHAPES[name])
    found = trained(tokenizer, small(tokenizer, method, tmp_path), rows, method, rank=4).memory
    assert found["shape"]["rows"] == len(rows) and found["shape"]["tokens"] % 16 == 0
    assert found["shape"]["answers"] == 15 * len(rows)  # the end-of-text token is one
    assert abs(found["error"]) < 0.1, (found["predicted"], found["measured"])
    for values in ("measured", "predicted"):
        assert sum(found[values].values()) == pytest.approx(found[f"{values}_gb"])
    for part in ("weights", "quantisation constants"):
        assert found["predicted"][part] == pytest.approx(found["measured"][part], rel=0.01, abs=1e-5), part


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_adapters_are_trained_in_fp32(tokenizer, method, tmp_path):
    """TRL turns those on 4-bit weights into bf16, where small updates are lost to rounding."""
    result = trained(tokenizer, small(tokenizer, method, tmp_path), texts(2, 5, 9), method, rank=4)
    assert result.memory["measured"]["adapters"] * 1e9 == 4 * result.trainable
    assert result.memory["measured"]["optimizer"] * 1e9 == pytest.approx(8 * result.trainable, rel=0.01)


def test_gradients_stand_while_the_next_part_of_a_step_runs(tokenizer, tmp_path):
    whole, parts = (
        trained(tokenizer, small(tokenizer, "full", tmp_path), texts(4, 100, 160), "full", accumulate=count)
        for count in (1, 2)
    )
    assert parts.memory["shape"]["rows"] == 2
    assert abs(parts.memory["error"]) < 0.1, (parts.memory["predicted"], parts.memory["measured"])
    assert parts.memory["measured"]["gradients"] >= 4e-9 * parts.trainable > 0
    assert parts.memory["state_gb"] == pytest.approx(whole.memory["state_gb"], rel=1e-3)


def test_state_is_all_that_stays_and_every_gradient(tokenizer, tmp_path):
    result = trained(tokenizer, small(tokenizer, "lora", tmp_path), texts(2, 5, 9), "lora", rank=4)
    frozen = result.parameters - result.trainable
    width = course.dtype().itemsize
    expected = frozen * width + result.trainable * (4 + 4 + 8)  # adapters and their gradients in fp32, two moments
    assert result.memory["state_gb"] * 1e9 == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_fused_attention_over_padded_rows(tokenizer, method, tmp_path, monkeypatch):
    monkeypatch.setattr(finetune.run, "PLAIN_ATTENTION", 0)
    found = trained(tokenizer, small(tokenizer, method, tmp_path), texts(4, 300, 380), method, rank=4).memory
    assert abs(found["error"]) < 0.1, (found["predicted"], found["measured"])


def test_measuring_changes_nothing(tokenizer, tmp_path):
    results = [
        trained(tokenizer, small(tokenizer, "lora", tmp_path), texts(4, 5, 9), "lora", measure_memory=measured)
        for measured in (False, True)
    ]
    assert results[0].memory == {} and results[1].memory["measured_gb"] > 0
    before, after = (result.model.state_dict() for result in results)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(parameter.grad is None for parameter in results[1].model.parameters())


@pytest.mark.parametrize("kind", ["soft prompt", "few layers", "another family"])
def test_what_cannot_be_predicted_is_measured_and_says_why(tokenizer, kind, tmp_path):
    from peft import LoraConfig, PromptTuningConfig

    model, adapter, words = small(tokenizer, "lora", tmp_path), None, "another kind"
    if kind == "soft prompt":
        adapter = PromptTuningConfig(num_virtual_tokens=4, task_type="CAUSAL_LM")
    elif kind == "few layers":
        adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    else:
        model = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_embd=32, n_layer=2, n_head=2, n_positions=64))
        words = "built like Llama"
    found = trained(tokenizer, model, texts(2, 5, 9), "lora", adapter=adapter).memory
    assert words in found["reason"] and "error" not in found
    assert found["measured_gb"] >= found["state_gb"] > 0


def test_without_a_step_there_is_nothing_to_measure():
    from types import SimpleNamespace

    from helpers.finetune import measuring

    trainer = SimpleNamespace(largest=None, get_train_dataloader=list)
    assert "No step" in measuring.measured(trainer, {"method": "full"}, 16)["reason"]


def test_a_device_that_is_not_traced_is_a_reason(tokenizer, tmp_path, monkeypatch):
    def untraced(*_):
        raise course.CourseError("PyTorch traces no memory on mps.")

    monkeypatch.setattr("helpers.finetune.measuring.measure", untraced)
    found = trained(tokenizer, small(tokenizer, "full", tmp_path), texts(2, 5, 9), "full").memory
    assert found["reason"] == "PyTorch traces no memory on mps." and "measured_gb" not in found


@pytest.mark.slow
@pytest.mark.parametrize("method", finetune.METHODS)
def test_the_courses_model(tokenizer, method):
    found = trained(tokenizer, None, texts(4, 100, 170), method).memory
    assert abs(found["error"]) < 0.05, (found["predicted"], found["measured"])
    parts = memory.predict(models.load_config(), method, 4, found["shape"]["tokens"], loss_tokens=60).parts
    assert found["state_gb"] >= sum(parts[name] for name in ("weights", "adapters", "optimizer")) / 1e9
    if method == "qlora":
        assert found["state_gb"] < 16 * models.load_config().vocab_size * 576 / 1e9


def test_the_figure_has_a_pair_of_bars_for_each_method(monkeypatch):
    from helpers.errors import CourseError
    from helpers.plots import memory as figures

    shown = []
    monkeypatch.setattr(figures, "show", lambda figure, alt: shown.append((figure, alt)))
    figures.memory_parts(
        {
            "full": {"predicted": {"weights": 0.5, "optimizer": 1.0}, "measured": {"weights": 0.5, "optimizer": 1.1}},
            "lora": {"measured": {"weights": 0.25}, "reason": "another kind of adapter"},
            "qlora": {},
        }
    )
    figure, alt = shown[0]
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["full, predicted", "full, measured", "lora, measured"]
    assert "full, measured 1.6" in alt and "lora, measured 0.25" in alt
    with pytest.raises(CourseError, match="measure_memory=True"):
        figures.memory_parts({"full": {}})
