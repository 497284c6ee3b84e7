"""QLoRA on 4-bit weights: what the model answered before, or answers in between, does not change how it trains."""

import peft
import pytest
import tiny_llama
import torch

from helpers import course, finetune, models


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


@pytest.fixture
def four_bit(tokenizer, tmp_path, monkeypatch):
    """A function that loads a tiny model in 4 bits, as a learner would."""
    # Wide enough that bitsandbytes repacks the weights on the CPUs where it does that.
    tiny_llama.model(tokenizer, hidden_size=128, intermediate_size=256).save_pretrained(tmp_path / "model")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(models, "_source", lambda: str(tmp_path / "model"))
    return models.load_4bit_model


def repacked_again(model):
    """`model` without the fix in `models.load_4bit_model`: what bitsandbytes does by default."""
    import bitsandbytes

    layers = [module for module in model.modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = bitsandbytes.functional.has_avx512bf16()
    assert len(layers) == 2 * 7
    return model


def evaluated(model, tokenizer):
    with torch.no_grad():
        model(input_ids=torch.randint(10, 1000, (2, 30)))
    return model


def generated(model, tokenizer):
    models.generate(model, tokenizer, [[{"role": "user", "content": "Count to 3"}]], max_new_tokens=3)
    return model


def train(model, tokenizer, **changes):
    settings = dict(tokenizer=tokenizer, rank=4, batch_size=4, epochs=2, learning_rate=1e-2) | changes
    return finetune.finetune(model, tiny_llama.rows(16), "qlora", **settings)


def adapters(result):
    return torch.cat([each.flatten() for each in result.model.parameters() if each.requires_grad])


def check_same(result, plain):
    assert result.losses == pytest.approx(plain.losses, abs=1e-6)
    assert torch.allclose(adapters(result), adapters(plain), rtol=0, atol=1e-6)


def test_adapters_are_trained_from_just_what_they_were(tokenizer, four_bit):
    """They are fp32: TRL would round them to bf16, which loses small updates."""
    first = train(four_bit(), tokenizer)
    before = adapters(first).clone()
    assert before.dtype is torch.float32 and not torch.equal(before, before.bfloat16().float())
    again = train(first.model, tokenizer, learning_rate=1e-12)
    assert adapters(again).dtype is torch.float32 and torch.allclose(adapters(again), before, rtol=0, atol=1e-9)


@pytest.mark.parametrize("before", [evaluated, generated])
def test_what_a_model_answered_does_not_change_how_it_trains(tokenizer, four_bit, before):
    check_same(train(before(four_bit(), tokenizer), tokenizer), train(four_bit(), tokenizer))


def test_evaluations_in_between_do_not_change_how_it_trains(tokenizer, four_bit):
    watched = train(four_bit(), tokenizer, validation=tiny_llama.rows(4, start=100), evaluations=8)
    assert len(watched.evaluations) == 9
    check_same(watched, train(four_bit(), tokenizer))


def test_without_the_fix_it_would_on_cpus_that_repack(tokenizer, four_bit):
    """On a CPU with avx512_bf16 the tests above fail without the fix; elsewhere there is nothing to fix."""
    import bitsandbytes

    plain = train(four_bit(), tokenizer)
    broken = train(evaluated(repacked_again(four_bit()), tokenizer), tokenizer)
    differs = not torch.allclose(adapters(broken), adapters(plain), rtol=0, atol=1e-3)
    assert differs == bitsandbytes.functional.has_avx512bf16()
    check_same(train(evaluated(four_bit(), tokenizer), tokenizer), plain)


def test_4_bit_weights_stay_and_count_as_what_they_stand_for(tokenizer, four_bit):
    model = four_bit()
    weights = {name: each.detach().clone() for name, each in model.named_parameters()}
    result = train(model, tokenizer)
    after = {name.replace("base_model.model.", ""): each for name, each in result.model.named_parameters()}
    for name, before in weights.items():
        now = after.get(name, after.get(name.replace(".weight", ".base_layer.weight")))
        assert torch.equal(now, before), name
    whole = tiny_llama.model(tokenizer, hidden_size=128, intermediate_size=256)
    assert result.parameters - result.trainable == sum(each.numel() for each in whole.parameters())
    assert result.trainable == adapters(result).numel()
    assert all(each.dtype is torch.float32 for each in result.model.parameters() if each.requires_grad)


@pytest.fixture
def in_fp32(monkeypatch):
    monkeypatch.setattr(course, "_dtype", lambda: course.Setting("float32", "a test"))


def test_checkpointing_changes_nothing(tokenizer, four_bit, in_fp32):
    check_same(train(four_bit(), tokenizer, checkpointing=True), train(four_bit(), tokenizer))


@pytest.mark.parametrize(
    "adapter", [{}, {"target_modules": ["q_proj", "v_proj"]}, {"use_dora": True}, {"lora_bias": True}], ids=str
)
def test_answers_are_given_by_the_model_that_was_trained(tokenizer, four_bit, in_fp32, adapter):
    """By rounded weights where they were rounded, an adapter on them or not; and with all that an adapter holds."""
    config = peft.LoraConfig(r=4, lora_alpha=32, task_type="CAUSAL_LM", **({"target_modules": "all-linear"} | adapter))
    result = train(four_bit(), tokenizer, adapter=config)
    ids = torch.arange(100, 140)[None]
    with torch.no_grad():
        wanted, found = result.model(ids).logits, finetune.for_inference(result.model)(ids).logits
        untuned = models.load_model()(ids).logits
    gap = (found - wanted).abs().max()
    assert gap < 1e-3 < (untuned - wanted).abs().max()


def test_answers_do_not_depend_on_the_model_of_the_settings(tokenizer, four_bit, in_fp32, tmp_path, monkeypatch):
    """Embeddings and norms are the trained model's, not those of the model that the settings choose."""
    result = train(four_bit(), tokenizer)
    tiny_llama.model(tokenizer, seed=5, num_hidden_layers=1).save_pretrained(tmp_path / "another")
    monkeypatch.setattr(models, "_source", lambda: str(tmp_path / "another"))
    ids = torch.arange(100, 140)[None]
    chance = torch.random.get_rng_state()
    with torch.no_grad():
        wanted, merged = result.model(ids).logits, finetune.for_inference(result.model)
        assert (merged(ids).logits - wanted).abs().max() < 1e-3
        assert torch.equal(result.model(ids).logits, wanted), "the trained model changed"
    assert torch.equal(torch.random.get_rng_state(), chance)
    assert not hasattr(merged.config, "quantization_config") and not hasattr(merged, "peft_config")
    assert merged.generation_config.to_dict() == result.model.generation_config.to_dict()


def test_a_4_bit_model_without_adapters_answers_too(tokenizer, four_bit, in_fp32):
    model, ids = four_bit(), torch.arange(100, 140)[None]
    with torch.no_grad():
        wanted, plain = model(ids).logits, finetune.for_inference(model)
        assert (plain(ids).logits - wanted).abs().max() < 1e-3
    assert all(weight.dtype is torch.float32 for weight in plain.parameters()) and model.is_loaded_in_4bit


def test_the_model_is_loaded_in_4_bits_when_none_is_given(tokenizer, four_bit):
    result = train(None, tokenizer)
    assert result.model.is_loaded_in_4bit
    check_same(result, train(four_bit(), tokenizer))
