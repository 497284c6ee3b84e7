"""Training: the same loss as TRL's, on answers alone; only adapters move; it learns; threads follow the machine."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from helpers import finetune, models, threads


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


def tiny(tokenizer, seed=0):
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def rows(count):
    return [
        {
            "prompt": [{"role": "user", "content": f"Count to {number}" + " please" * (number % 7)}],
            "completion": [{"role": "assistant", "content": " ".join(map(str, range(number % 5 + 1)))}],
        }
        for number in range(count)
    ]


def test_the_loss_is_that_of_the_standard_trainer(tokenizer):
    """The loss and every gradient equal those of the model's own full-length loss, where the prompt is masked."""
    model = tiny(tokenizer)
    ids = torch.randint(10, 1000, (3, 20))
    labels = ids.clone()
    labels[:, :11] = -100
    labels[1, 15:] = -100
    mask = torch.ones_like(ids)
    expected = model(input_ids=ids, attention_mask=mask, labels=labels).loss
    expected.backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()

    trainer = object.__new__(finetune._trainer_class())
    trainer.model = model
    loss = trainer.compute_loss(model, {"input_ids": ids, "attention_mask": mask, "labels": labels})
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-6)


def test_the_hook_is_gone_after_a_step(tokenizer):
    model = tiny(tokenizer)
    ids = torch.randint(10, 1000, (2, 8))
    trainer = object.__new__(finetune._trainer_class())
    trainer.model = model
    trainer.compute_loss(model, {"input_ids": ids, "labels": ids.clone()})
    assert model(input_ids=ids).logits.shape == (2, 8, len(tokenizer))


def test_only_adapters_are_trained_and_they_start_as_nothing(tokenizer):
    model = tiny(tokenizer)
    ids = torch.randint(10, 1000, (1, 8))
    before = model(input_ids=ids).logits
    frozen = {name: value.clone() for name, value in model.state_dict().items()}
    model = finetune.add_lora(model, rank=4, alpha=8)
    assert torch.equal(model(input_ids=ids).logits, before)
    trained = finetune.finetune(model, tokenizer, rows(8), epochs=1, learning_rate=1e-2)
    after = model.get_base_model().state_dict()
    for name, value in frozen.items():
        kept = name if name in after else name.replace(".weight", ".base_layer.weight")
        assert torch.equal(after[kept], value), f"{name} was frozen, and changed"
    assert not torch.equal(model(input_ids=ids).logits, before)
    assert len(trained.losses) == 2 and trained.tokens_per_second > 0
    assert not model.training


def test_it_learns_and_the_loss_is_per_answer_token(tokenizer):
    trained = finetune.finetune(tiny(tokenizer), tokenizer, rows(16), epochs=12, learning_rate=1e-2)
    uniform = torch.log(torch.tensor(float(len(tokenizer)))).item()
    assert trained.losses[0] == pytest.approx(uniform, rel=0.05)  # an untrained model knows nothing
    assert sum(trained.losses[-4:]) / 4 < 0.5 * uniform


def test_a_seed_repeats_a_run(tokenizer, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    runs = [finetune.finetune(tiny(tokenizer), tokenizer, rows(12), epochs=2).losses for _ in range(2)]
    assert runs[0] == runs[1]


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


def test_threads_can_be_fixed(monkeypatch):
    clock = Clock(monkeypatch, {2: 20, 1: 1})
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    clock.tuner = threads.Threads()
    assert clock.tuner.counts == []
