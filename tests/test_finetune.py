"""Training: the same loss as the model's own, on answers alone; only what should move moves; it learns; it stops."""

import json
import math

import pytest
import tiny_llama
import torch

from helpers import course, finetune, models, threads
from helpers.errors import CourseError
from helpers.finetune.rows import LengthGrouped, dataset
from helpers.finetune.trainer import trainer_class


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


@pytest.fixture
def in_fp32(monkeypatch):
    monkeypatch.setattr(course, "_dtype", lambda: course.Setting("float32", "a test"))


def soft_prompt(tokenizer):
    from peft import PromptTuningConfig

    return PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5)


def batch(length=20):
    """Three rows whose answers begin at 11 and end at different places."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(10, 1000, (3, length), generator=generator)
    labels = ids.clone()
    labels[:, :11] = -100
    labels[1, 15:] = -100
    mask = torch.ones_like(ids)
    mask[1, 15:] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def bare_trainer(model):
    trainer = object.__new__(trainer_class())
    trainer.model = model
    return trainer


def gradients(model):
    return {name: each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}


# The loss


@pytest.mark.parametrize("kind", ["full", "lora", "soft prompt"])
def test_loss_and_gradients_are_those_of_the_model_itself(tokenizer, kind):
    """They equal those of the model's own full-length loss, where the prompt is masked."""
    model, inputs = tiny_llama.model(tokenizer), batch()
    if kind != "full":
        model = finetune.add_lora(model, rank=4, config=soft_prompt(tokenizer) if kind == "soft prompt" else None)
        for name, parameter in model.named_parameters():
            if "lora_B" in name:  # adapters start at nothing, where half of the gradients are 0
                torch.nn.init.normal_(parameter, std=0.1)
    expected = model(**inputs).loss
    expected.backward()
    wanted = gradients(model)
    model.zero_grad()
    loss = bare_trainer(model).compute_loss(model, inputs)
    loss.backward()
    found = gradients(model)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert found.keys() == wanted.keys() and any(gradient.abs().max() > 0 for gradient in wanted.values())
    for name, gradient in wanted.items():
        assert torch.allclose(found[name], gradient, atol=1e-6), name


def test_the_hook_is_gone_after_a_step_even_one_that_failed(tokenizer):
    model, inputs = tiny_llama.model(tokenizer), batch()
    trainer = bare_trainer(model)
    trainer.compute_loss(model, inputs)
    with pytest.raises(RuntimeError):
        trainer.compute_loss(model, inputs | {"input_ids": inputs["input_ids"].float()})
    assert not model.get_output_embeddings()._forward_pre_hooks
    assert model(input_ids=inputs["input_ids"]).logits.shape == (3, 20, len(tokenizer))


def trained(tokenizer, method="full", rows=16, **changes):
    settings = {"tokenizer": tokenizer, "batch_size": 8, "learning_rate": 1e-2} | changes
    return finetune.finetune(tiny_llama.model(tokenizer), tiny_llama.rows(rows), method, **settings)


@pytest.mark.parametrize("adapter", [None, soft_prompt], ids=["full", "soft prompt"])
def test_parts_of_a_batch_sum_up_to_the_batch(tokenizer, in_fp32, adapter):
    changes = {"adapter": adapter(tokenizer), "method": "lora"} if adapter else {}
    whole, parts = (trained(tokenizer, accumulate=parts, epochs=2, **changes) for parts in (1, 4))
    assert len(whole.losses) == 4
    assert parts.losses == pytest.approx(whole.losses, abs=1e-4)
    pairs = zip(parts.model.parameters(), whole.model.parameters(), strict=True)
    # Adam divides by a gradient's size: where that is rounding alone, a weight may go either way.
    assert max((one - other).abs().mean().item() for one, other in pairs) < 1e-4


def test_validation_loss_is_the_mean_over_all_answer_tokens(tokenizer, in_fp32):
    held_out = tiny_llama.rows(11, start=100)
    result = trained(tokenizer, validation=held_out, batch_size=4, evaluations=2)
    total, count = 0.0, 0
    for row in dataset(held_out, tokenizer, 1024):
        ids, labels = torch.tensor([row["input_ids"]]), torch.tensor([row["labels"]])
        with torch.no_grad():
            answers = (labels[:, 1:] != -100).sum().item()
            total += result.model(input_ids=ids, labels=labels).loss.item() * answers
            count += answers
    assert [step for step, _ in result.evaluations] == [0, 2, 4]
    assert result.evaluations[-1][1] == pytest.approx(total / count, rel=1e-5)


def test_validation_rows_come_in_parts_as_small_as_a_steps_and_count_the_same(tokenizer, in_fp32, monkeypatch):
    sizes, answer_loss = [], trainer_class().answer_loss

    def watched(trainer, model, inputs):
        if not torch.is_grad_enabled():
            sizes[-1].append(len(inputs["input_ids"]))
        return answer_loss(trainer, model, inputs)

    monkeypatch.setattr(trainer_class(), "answer_loss", watched)
    results = []
    for parts in (1, 4):
        sizes.append([])
        held_out = tiny_llama.rows(11, start=100)
        results.append(trained(tokenizer, rows=8, validation=held_out, evaluations=1, accumulate=parts))
    assert sizes == [2 * [8, 3], 2 * [2, 2, 2, 2, 2, 1]]
    whole, parts = ([nats for _, nats in result.evaluations] for result in results)
    assert parts[0] == pytest.approx(whole[0], rel=1e-6)  # before a step, the weights are the same
    assert parts == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("count", [3, 90], ids=["short", "long"])
def test_the_kind_of_attention_follows_the_longest_row_of_both_sets(tokenizer, monkeypatch, count):
    used = []
    longest = max(map(len, dataset(tiny_llama.rows(8), tokenizer, 1024)["input_ids"]))
    monkeypatch.setattr(finetune.run, "PLAIN_ATTENTION", longest)
    step = trainer_class().training_step
    monkeypatch.setattr(
        trainer_class(), "training_step",
        lambda self, *inputs: used.append(self.model.config._attn_implementation) or step(self, *inputs),
    )  # fmt: skip
    held_out = {"prompt": "Count:", "completion": " 1" * count}
    trained(tokenizer, rows=8, validation=[held_out], evaluations=1)
    assert used == ["eager" if count == 3 or course.device() != "cpu" else "sdpa"]


@pytest.mark.parametrize(("rows", "wanted"), [(56, [0, 2, 4, 6, 7]), (8, [0, 1]), (80, [0, 3, 6, 9, 10])])
def test_there_are_no_more_evaluations_than_asked_for(tokenizer, rows, wanted):
    result = trained(tokenizer, rows=rows, validation=tiny_llama.rows(2), evaluations=4)
    assert [step for step, _ in result.evaluations] == wanted


# What a run leaves behind


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_model_is_left_as_it_was_but_for_its_weights(tokenizer, method):
    model = tiny_llama.model(tokenizer)
    forward, attention = model.forward, model.config._attn_implementation
    result = finetune.finetune(model, tiny_llama.rows(8), method, tokenizer=tokenizer, validation=tiny_llama.rows(2))
    assert attention == "sdpa" and model.config._attn_implementation == attention
    for each in {result.model, model}:
        assert not {"forward", "_original_forward", "_is_accelerate_prepared"} & each.__dict__.keys()
    assert model.forward == forward
    assert not result.model.training and all(each.grad is None for each in result.model.parameters())
    ids = torch.randint(10, 1000, (2, 8))
    assert result.model(input_ids=ids).logits.dtype is torch.float32  # autocast would have made it bf16, and back
    again = finetune.finetune(result.model, tiny_llama.rows(8), method, tokenizer=tokenizer)
    assert len(again.losses) == 1 and "forward" not in model.__dict__


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_second_training_of_a_model_computes_like_the_first(tokenizer, method):
    """In both, products run in the device's precision, and several processes share their gradients."""
    first = trained(tokenizer, method, validation=tiny_llama.rows(4), learning_rate=1e-12)
    again = finetune.finetune(
        first.model,
        tiny_llama.rows(16),
        method,
        tokenizer=tokenizer,
        validation=tiny_llama.rows(4),
        learning_rate=1e-12,
    )
    assert again.losses == first.losses and again.evaluations == first.evaluations


def test_only_adapters_are_trained_and_they_start_as_nothing(tokenizer):
    model = tiny_llama.model(tokenizer)
    ids = torch.randint(10, 1000, (1, 8))
    before = model(input_ids=ids).logits
    frozen = {name: value.clone() for name, value in model.state_dict().items()}
    model = finetune.add_lora(model, rank=4, alpha=8)
    assert torch.equal(model(input_ids=ids).logits, before)
    result = finetune.finetune(model, tiny_llama.rows(16), "lora", tokenizer=tokenizer, learning_rate=1e-2)
    after = model.get_base_model().state_dict()
    for name, value in frozen.items():
        kept = name if name in after else name.replace(".weight", ".base_layer.weight")
        assert torch.equal(after[kept], value), f"{name} was frozen, and changed"
    assert not torch.equal(model(input_ids=ids).logits, before)
    adapters = sum(value.numel() for name, value in model.state_dict().items() if "lora_" in name)
    assert result.trainable == adapters and result.checkpoint_mb == pytest.approx(adapters * 4 / 1e6)
    assert result.parameters == adapters + sum(value.numel() for value in frozen.values()) - frozen_twice(model)
    assert len(result.losses) == 2 and result.tokens_per_second > 0


def frozen_twice(model):
    """Numbers that a state dict holds twice, because input and output layer share them."""
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    return model.get_input_embeddings().weight.numel() * tied


def test_full_trains_every_weight_in_fp32(tokenizer):
    model = tiny_llama.model(tokenizer).to(torch.bfloat16).requires_grad_(False)
    before = {name: value.clone() for name, value in model.named_parameters()}
    result = finetune.finetune(model, tiny_llama.rows(16), "full", tokenizer=tokenizer, epochs=2)
    assert result.trainable == result.parameters == sum(value.numel() for value in before.values())
    for name, value in result.model.named_parameters():
        assert value.dtype is torch.float32 and not torch.equal(value, before[name].float()), name


@pytest.mark.parametrize("option", ["use_dora", "use_rslora"])
def test_any_adapter_of_peft_can_be_trained(tokenizer, option):
    from peft import LoraConfig

    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], **{option: True})
    before = str(config.to_dict())
    result = trained(tokenizer, "lora", adapter=config, epochs=2)
    used = result.model.peft_config["default"]
    assert getattr(used, option) and used.target_modules == {"q_proj", "v_proj"}
    assert any("magnitude" in name for name, _ in result.model.named_parameters()) == (option == "use_dora")
    assert json.loads(result.settings["adapter"])[option] is True
    assert json.loads(result.settings["adapter"])["target_modules"] == ["q_proj", "v_proj"]
    assert str(config.to_dict()) == before, "the caller's configuration was written into"


def test_it_learns_and_the_loss_is_per_answer_token(tokenizer):
    result = trained(tokenizer, epochs=12)
    uniform = math.log(len(tokenizer))
    assert result.losses[0] == pytest.approx(uniform, rel=0.05)  # an untrained model knows nothing
    assert sum(result.losses[-4:]) / 4 < 0.5 * uniform
    assert result.steps == len(result.losses) == 24 == result.best_step
    assert result.processes == 1


def test_a_seed_repeats_a_run_adapters_included(tokenizer, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    runs = []
    for seed in ("0", "0", "1"):
        monkeypatch.setenv("COURSE_SEED", seed)
        model = tiny_llama.model(tokenizer)
        torch.manual_seed(len(runs))  # what was drawn before must not matter
        runs.append(finetune.finetune(model, tiny_llama.rows(12), "lora", tokenizer=tokenizer, epochs=2))
    assert runs[0].losses == runs[1].losses != runs[2].losses
    values = [torch.cat([each.flatten() for each in run.model.parameters() if each.requires_grad]) for run in runs]
    assert torch.equal(values[0], values[1]) and not torch.equal(values[0], values[2])


# Early stopping


def contradicting():
    """(training rows, validation rows): the same questions, but the answers to learn are wrong for the validation."""

    def answered(text):
        return [row | {"completion": [{"role": "assistant", "content": text}]} for row in tiny_llama.rows(16)]

    return answered("yes yes yes yes"), answered("no no no no")


@pytest.mark.parametrize("folder", [False, True], ids=["without a folder", "with a folder"])
@pytest.mark.parametrize("method", ["full", "lora"])
def test_early_stopping_keeps_the_best_weights(tokenizer, tmp_path, in_fp32, method, folder):
    training, held_out = contradicting()
    result = finetune.finetune(
        tiny_llama.model(tokenizer), training, method, tokenizer=tokenizer, validation=held_out, epochs=8,
        batch_size=4, learning_rate=4e-2, evaluations=16, patience=2, folder=tmp_path / "run" if folder else None,
    )  # fmt: skip
    after_steps = dict(result.evaluations[1:])
    best = min(after_steps, key=after_steps.get)
    assert result.stopped_early and result.steps < 32
    assert result.best_step == best == result.steps - 2 * 2  # two evaluations, two steps apart, without a better one
    total = finetune_loss(result.model, held_out, tokenizer)
    assert total == pytest.approx(after_steps[best], rel=1e-4)
    assert total < result.evaluations[-1][1] - 0.01


def finetune_loss(model, rows, tokenizer):
    """Mean loss over all answer tokens, one row at a time."""
    total, count = 0.0, 0
    for row in dataset(rows, tokenizer, 1024):
        labels = torch.tensor([row["labels"]])
        answers = (labels[:, 1:] != -100).sum().item()
        with torch.no_grad():
            total += model(input_ids=torch.tensor([row["input_ids"]]), labels=labels).loss.item() * answers
        count += answers
    return total / count


@pytest.mark.parametrize("method", ["full", "lora"])
def test_checkpointing_changes_nothing_but_memory(tokenizer, in_fp32, recwarn, method):
    settings = dict(method=method, tokenizer=tokenizer, batch_size=4, measure_memory=True)
    plain, again = (
        finetune.finetune(tiny_llama.model(tokenizer), tiny_llama.rows(8), checkpointing=how, **settings)
        for how in (False, True)
    )
    assert again.losses == pytest.approx(plain.losses, rel=1e-3)
    assert again.memory["measured"]["activations"] < 0.8 * plain.memory["measured"]["activations"]
    assert not [str(warning.message) for warning in recwarn if "checkpoint" in str(warning.message)]


def test_a_run_without_patience_keeps_its_last_weights(tokenizer, tmp_path):
    training, held_out = contradicting()
    result = finetune.finetune(
        tiny_llama.model(tokenizer), training, "lora", tokenizer=tokenizer, validation=held_out, epochs=4,
        batch_size=4, learning_rate=4e-2, evaluations=8, folder=tmp_path, keep_checkpoints=True,
    )  # fmt: skip
    losses = dict(result.evaluations[1:])
    assert min(losses, key=losses.get) < result.steps  # the validation loss rose
    assert result.best_step == result.steps
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == [f"checkpoint-{result.steps}"]


def test_patience_without_a_rise_changes_nothing(tokenizer):
    settings = dict(validation=tiny_llama.rows(4), epochs=4)
    patient, plain = trained(tokenizer, patience=1, **settings), trained(tokenizer, **settings)
    assert patient.losses == plain.losses and not patient.stopped_early
    assert patient.best_step == patient.steps == 8


# The order of the rows


@pytest.mark.parametrize(("count", "size"), [(640, 8), (643, 8), (5, 8), (8, 8), (1, 1), (0, 4)])
def test_every_row_comes_once_an_epoch(count, size):
    lengths = [1 + (number * 37) % 101 for number in range(count)]
    sampler = LengthGrouped(lengths, size, seed=0)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        assert sorted(sampler) == list(range(count)) and len(sampler) == count


def test_batches_hold_rows_of_like_length_the_longest_first():
    import random

    lengths = [random.Random(number).randint(10, 500) for number in range(803)]
    for seed in range(20):
        order = list(LengthGrouped(lengths, 8, seed))
        batches = [[lengths[row] for row in order[start : start + 8]] for start in range(0, 800, 8)]
        assert max(batches[0]) == max(max(each) for each in batches)
        padded = sum(8 * max(each) for each in batches) / sum(map(sum, batches))
        assert padded < 1.05  # at random it is about 1.8
        assert sorted(map(max, batches[1:])) != list(map(max, batches[1:]))  # neither is it sorted


def test_each_epoch_has_its_order_and_a_seed_repeats_it():
    def orders(seed):
        sampler = LengthGrouped(range(200), 4, seed)
        for epoch in range(3):
            sampler.set_epoch(epoch)
            yield list(sampler)

    first = list(orders(0))
    assert first == list(orders(0))
    assert len({str(order) for order in [*first, *orders(1)]}) == 6


def test_training_takes_the_rows_in_the_samplers_order(tokenizer, monkeypatch):
    """Row by row, in both epochs: no sampler of the trainer's own is in between."""
    seen, trainer = [], trainer_class()
    step = trainer.training_step

    def watched(self, model, inputs, *rest):
        pairs = zip(inputs["input_ids"], inputs["attention_mask"], strict=True)
        seen.extend(ids[mask.bool()].tolist() for ids, mask in pairs)
        return step(self, model, inputs, *rest)

    monkeypatch.setattr(trainer, "training_step", watched)
    trained(tokenizer, rows=20, batch_size=8, accumulate=2, epochs=2)
    ids = dataset(tiny_llama.rows(20), tokenizer, 1024)["input_ids"]
    sampler, wanted = LengthGrouped(map(len, ids), 8, course.seed()), []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        wanted += [ids[row] for row in sampler]
    assert seen == wanted


# The result


def test_a_result_names_the_model_that_was_trained(tokenizer, tmp_path, monkeypatch):
    """Never by a way through folders, which is private."""
    model = tiny_llama.model(tokenizer)
    assert finetune.methods.name_of(None) == course.model()
    assert finetune.methods.name_of(model) == "LlamaForCausalLM" == finetune.methods.name_of(finetune.add_lora(model))
    model.config._name_or_path = "Qwen/Qwen2.5-0.5B-Instruct"
    assert finetune.methods.name_of(model) == "Qwen/Qwen2.5-0.5B-Instruct"
    model.config._name_or_path = str(models.folder())
    assert finetune.methods.name_of(model) == course.BASE_MODEL
    (tmp_path / "mine").mkdir()
    model.config._name_or_path = str(tmp_path / "mine")
    assert finetune.methods.name_of(model) == "mine"
    assert trained(tokenizer, rows=8).settings["model"] == "LlamaForCausalLM"


def test_a_result_is_saved_and_read_again(tokenizer, tmp_path):
    result = trained(tokenizer, validation=tiny_llama.rows(2))
    result.save(tmp_path / "result.json")
    again = finetune.Result.load(tmp_path / "result.json")
    assert again == result and again.model is None
    assert again.versions["transformers"] and again.settings["rows"] == 16
    assert not any(str(tmp_path.anchor) in str(value) for value in json.loads((tmp_path / "result.json").read_text()))
    axes = again.plot().axes[0]
    assert axes.get_xlabel() == "training step" and "nats" in axes.get_ylabel()


@pytest.mark.parametrize("content", [None, "no json", "[1, 2]", '{"losses": []}', '{"evaluations": [], "other": 1}'])
def test_what_is_no_result_is_named(tmp_path, content):
    if content:
        (tmp_path / "result.json").write_text(content)
    with pytest.raises(CourseError, match="result.json"):
        finetune.Result.load(tmp_path / "result.json")


# Threads


class Clock:
    """Stands in for the machine: `costs` are seconds per unit of work by number of threads."""

    def __init__(self, monkeypatch, costs):
        self.costs, self.now, self.used = costs, 0.0, []
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        monkeypatch.setattr(threads.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(threads.course, "cores", lambda: 2)
        monkeypatch.setattr(threads.course, "device", lambda: "cpu")
        monkeypatch.setattr(threads.course, "threads", lambda: threads.course.Setting(2, "a test"))
        monkeypatch.setattr(threads.Threads, "_use", lambda tuner, count: setattr(tuner, "now", count))
        self.tuner = threads.Threads()

    def run(self, rounds):
        """Seconds that `rounds` rounds take."""
        started = self.now
        for _ in range(rounds):
            self.used.append(self.tuner.now)
            self.now += self.costs[self.tuner.now]
            self.tuner.tick(1)
        return self.now - started


def test_threads_stay_where_a_quiet_machine_is_fastest(monkeypatch):
    clock = Clock(monkeypatch, {2: 1.7, 1: 2.6})
    assert clock.run(200) < 200 * 1.7 * 1.05


def test_threads_flee_a_busy_machine_and_come_back(monkeypatch):
    clock = Clock(monkeypatch, {2: 1.7, 1: 2.6})
    clock.run(20)
    clock.costs = {2: 20, 1: 3}
    assert clock.run(100) < 100 * 3 * 2
    clock.costs = {2: 1.7, 1: 2.6}
    clock.run(260)
    assert clock.used[-20:] == [2] * 20


def test_a_pause_between_rounds_is_not_taken_for_slowness(monkeypatch):
    clock = Clock(monkeypatch, {2: 1.7, 1: 2.6})
    took = 0.0
    for _ in range(12):
        clock.now += 60  # an evaluation
        clock.tuner.tick(0)
        took += clock.run(10)
    assert took < 120 * 1.7 * 1.05


def test_a_training_counts_no_evaluation_as_a_step(tokenizer, monkeypatch):
    ticks = []
    monkeypatch.setattr("helpers.threads.Threads.tick", lambda tuner, work: ticks.append(work))
    trained(tokenizer, validation=tiny_llama.rows(4))
    assert len(ticks) >= 4 and not any(ticks[::2]) and all(ticks[1::2])


def test_threads_can_be_fixed(monkeypatch):
    clock = Clock(monkeypatch, {2: 20, 1: 1})
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    clock.tuner = threads.Threads()
    assert clock.tuner.counts == []
