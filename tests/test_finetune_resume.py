"""A training that was killed, stopped or crashed goes on from its last whole checkpoint, and ends as if nothing was."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import resumable
import tiny_llama
import torch

from helpers import course, finetune, models
from helpers.errors import CourseError
from helpers.finetune import checkpoints, measuring
from helpers.finetune.trainer import trainer_class


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Sums do not depend on how work is shared between threads."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Kill -9


def started(folder, rows):
    """A process that trains; its stdout says when each step begins."""
    command = [sys.executable, resumable.__file__, str(folder / "run"), str(folder / "result"), str(rows)]
    path = os.pathsep.join([str(Path(__file__).parent), course.python_path()])
    environment = os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    with open(folder / "errors.txt", "ab") as errors:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8", env=environment)


def steps_until_killed(process, wanted, delay):
    """Kill a training `delay` times one step's duration after its step number `wanted` began; the steps it began."""
    steps, moments = [], []
    for line in process.stdout:
        if line.startswith("step"):
            steps.append(int(line.split()[1]))
            moments.append(time.monotonic())
        if len(steps) == wanted:
            break
    taken = (moments[-1] - moments[0]) / (len(moments) - 1) if len(moments) > 1 else 0.05
    time.sleep(delay * taken)
    process.kill()
    steps += [int(line.split()[1]) for line in process.stdout if line.startswith("step")]
    process.wait()
    return steps


def check_kills(folder, rows, kills, seed):
    """Kill a training at random moments; at the end compare it with one that nobody killed."""
    steps = rows // 4 * 2
    interval = -(-steps // resumable.EVALUATIONS)
    rng, begun = random.Random(seed), []
    for _ in range(kills):
        begun.append(steps_until_killed(started(folder, rows), rng.randint(1, 9), 1.5 * rng.random()))
    last = started(folder, rows)
    begun.append([int(line.split()[1]) for line in last.stdout if line.startswith("step")])
    assert last.wait() == 0, (folder / "errors.txt").read_text(encoding="utf-8")

    assert all(begun) and begun[-1][-1] == steps
    for before, after in zip(begun, begun[1:], strict=False):
        assert before == list(range(before[0], before[-1] + 1))
        assert 0 <= before[-1] - after[0] + 1 <= interval, f"{before[-1]} was begun, {after[0]} came after the kill"
    result = finetune.Result.load(folder / "result.json")
    whole = resumable.train(None, rows)
    assert result.steps == steps and result.resumed_from == begun[-1][0] - 1
    assert result.losses == pytest.approx(whole.losses, abs=1e-6)
    assert [step for step, _ in result.evaluations] == [step for step, _ in whole.evaluations]
    assert [nats for _, nats in result.evaluations] == pytest.approx([nats for _, nats in whole.evaluations], abs=1e-6)
    weights = torch.load(folder / "result.pt", weights_only=True)
    for name, value in whole.model.named_parameters():
        assert torch.allclose(value, weights[name], rtol=0, atol=1e-6), name
    assert list((folder / "run").iterdir()) == []


def test_two_kills_change_nothing(tmp_path):
    check_kills(tmp_path, rows=72, kills=2, seed=0)


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path):
    """Two minutes: python -m pytest tests/test_finetune_resume.py -m slow"""
    check_kills(tmp_path, rows=200, kills=10, seed=1)


# Stopped within this process


class Interruption:
    """Raises `error` when step number `at` (from 1) begins. `off()` ends that."""

    def __init__(self, monkeypatch, at, error=KeyboardInterrupt):
        self.at, step = at, trainer_class().training_step

        def training_step(trainer, *inputs):
            if trainer.state.global_step + 1 == self.at:
                raise error
            return step(trainer, *inputs)

        monkeypatch.setattr(trainer_class(), "training_step", training_step)

    def off(self):
        self.at = None


def train(model, tokenizer, folder, method="lora", **changes):
    settings = dict(tokenizer=tokenizer, validation=tiny_llama.rows(4, 500), epochs=2, batch_size=4, folder=folder)
    return finetune.finetune(model, tiny_llama.rows(24), method, **(settings | changes))


def trained_weights(result):
    return torch.cat([each.flatten() for each in result.model.parameters() if each.requires_grad])


def check_same(result, whole):
    assert result.losses == whole.losses and result.evaluations == whole.evaluations
    assert (result.steps, result.best_step, result.stopped_early) == (whole.steps, whole.best_step, whole.stopped_early)
    assert torch.equal(trained_weights(result), trained_weights(whole))


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_stopped_run_keeps_its_checkpoints_and_goes_on(tokenizer, tmp_path, monkeypatch, capsys, method):
    whole = train(tiny_llama.model(tokenizer), tokenizer, None, method)
    interruption = Interruption(monkeypatch, at=9)  # 6 steps an epoch, a checkpoint every 3
    model = tiny_llama.model(tokenizer)
    with pytest.raises(KeyboardInterrupt):
        train(model, tokenizer, tmp_path, method)
    assert "Stopped. Checkpoints are kept: the same call goes on" in capsys.readouterr().out
    assert "forward" not in model.__dict__ and model.config._attn_implementation == "sdpa"
    interruption.off()
    result = train(model, tokenizer, tmp_path, method)  # the same call, with the same model
    assert result.resumed_from == 6
    check_same(result, whole)
    assert len(result.losses) == 12 and [step for step, _ in result.evaluations] == [0, 3, 6, 9, 12]


def test_a_run_without_a_folder_says_that_nothing_is_kept(tokenizer, monkeypatch, capsys):
    interruption = Interruption(monkeypatch, at=9)
    model = tiny_llama.model(tokenizer)
    with pytest.raises(KeyboardInterrupt):
        train(model, tokenizer, None)
    assert "Stopped. No checkpoint was written" in capsys.readouterr().out
    interruption.off()
    check_same(train(model, tokenizer, None), train(tiny_llama.model(tokenizer), tokenizer, None))


def test_a_run_that_crashed_before_its_first_checkpoint_starts_anew(tokenizer, tmp_path, monkeypatch):
    whole = train(tiny_llama.model(tokenizer), tokenizer, None)
    interruption = Interruption(monkeypatch, at=2, error=ValueError)
    with pytest.raises(ValueError):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    interruption.off()
    torch.rand(7)  # what was drawn before must not matter
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    assert result.resumed_from == 0
    check_same(result, whole)


def test_parts_of_a_batch_may_change_when_a_run_goes_on(tokenizer, tmp_path, monkeypatch):
    """More parts is what to try after memory ran out."""
    monkeypatch.setattr(course, "_dtype", lambda: course.Setting("float32", "a test"))
    whole = train(tiny_llama.model(tokenizer), tokenizer, None)
    interruption = Interruption(monkeypatch, at=9, error=MemoryError)
    with pytest.raises(CourseError, match="Checkpoints are kept"):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    interruption.off()
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, accumulate=2)
    assert result.resumed_from == 6 and result.losses == pytest.approx(whole.losses, abs=1e-4)


# Early stopping goes on where it was


def contradicting():
    """Settings of a run that soon gets worse on its validation rows."""
    answer = [{"role": "assistant", "content": "no no no no"}]
    held_out = [row | {"completion": answer} for row in tiny_llama.rows(8)]
    return dict(validation=held_out, epochs=6, learning_rate=1e-2, evaluations=18, patience=3)


@pytest.mark.parametrize("waited", [0, 1, 2])
def test_early_stopping_waits_as_long_as_without_an_interruption(tokenizer, tmp_path, monkeypatch, waited):
    """Whether it was stopped after the best evaluation, or after one or two that were worse. (Every second step.)"""
    settings = contradicting()
    whole = train(tiny_llama.model(tokenizer), tokenizer, None, **settings)
    assert whole.stopped_early and whole.steps == whole.best_step + 2 * 3
    interruption = Interruption(monkeypatch, at=whole.best_step + 2 * waited + 1)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path, **settings)
    interruption.off()
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, **settings)
    assert result.resumed_from == whole.best_step + 2 * waited
    check_same(result, whole)


def test_a_run_killed_after_the_evaluation_that_ended_it_takes_no_further_step(tokenizer, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    settings = contradicting()
    whole = train(tiny_llama.model(tokenizer), tokenizer, None, **settings)
    with monkeypatch.context() as patch:
        patch.setattr(trainer_class(), "_finalize_training", killed)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_llama.model(tokenizer), tokenizer, tmp_path, **settings)
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, **settings)
    assert result.resumed_from == result.steps == whole.steps
    check_same(result, whole)


def test_a_run_killed_while_its_memory_is_measured_keeps_its_speed(tokenizer, tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(measuring, "measured", killed)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_llama.model(tokenizer), tokenizer, tmp_path, measure_memory=True)
    before = finetune.Result.load(tmp_path / checkpoints.DONE)
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, measure_memory=True)
    assert result.resumed_from == result.steps == before.steps
    assert result.seconds == before.seconds > 0 and result.tokens_per_second == before.tokens_per_second > 0
    assert result.memory["measured_gb"] > 0 and result.losses == before.losses


# Half-written checkpoints


def test_a_crash_while_a_checkpoint_is_written(tokenizer, tmp_path, monkeypatch):
    whole = train(tiny_llama.model(tokenizer), tokenizer, None)
    save, written = trainer_class()._save_optimizer_and_scheduler, []

    def interrupted(trainer, folder):
        written.append(Path(folder))
        if len(written) == 3:
            raise KeyboardInterrupt
        save(trainer, folder)

    with monkeypatch.context() as patch:
        patch.setattr(trainer_class(), "_save_optimizer_and_scheduler", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    assert [path.name for path in written] == ["checkpoint-3", "checkpoint-6", "checkpoint-9"]
    assert list(written[-1].glob("adapter_model*")) and checkpoints.last_of(tmp_path) == written[1]
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    assert result.resumed_from == 6
    check_same(result, whole)


@pytest.mark.parametrize("content", [None, "", '{"global_step": 9, "log_his'])
def test_an_incomplete_checkpoint_does_not_count(tmp_path, content):
    for step, state in ((3, '{"global_step": 3}'), (10, '{"global_step": 10}'), (12, content)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / checkpoints.COMPLETE).write_text(state)
    assert checkpoints.last_of(tmp_path).name == "checkpoint-10"
    assert checkpoints.last_of(tmp_path / "empty") is None


def test_a_kill_while_checkpoints_are_deleted_leaves_none_that_looks_whole(tmp_path, monkeypatch):
    checkpoint = tmp_path / "checkpoint-3"
    checkpoint.mkdir()
    (checkpoint / checkpoints.COMPLETE).write_text('{"global_step": 3}')
    assert checkpoints.last_of(tmp_path) == checkpoint
    monkeypatch.setattr(checkpoints.shutil, "rmtree", lambda *args, **options: pytest.fail("killed"))
    with pytest.raises(pytest.fail.Exception, match="killed"):
        checkpoints.drop(tmp_path)
    assert checkpoint.exists() and checkpoints.last_of(tmp_path) is None


# Folders


def test_a_folder_with_another_run_is_refused_and_left_alone(tokenizer, tmp_path, monkeypatch):
    interruption = Interruption(monkeypatch, at=9)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    interruption.off()
    before = sorted(tmp_path.rglob("*"))
    others = {
        "learning_rate": dict(learning_rate=1e-5),
        "adapter": dict(rank=4),
        "data": dict(validation=tiny_llama.rows(4, 600)),
        "adapter, learning_rate, method": dict(method="full"),
        "epochs, steps": dict(epochs=3),
        "patience": dict(patience=1),
        "evaluations": dict(evaluations=3),
    }
    for name, changes in others.items():
        with pytest.raises(CourseError, match=rf"other settings \({name}.*\)\. Choose another folder"):
            train(tiny_llama.model(tokenizer), tokenizer, tmp_path, **changes)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("method", ["lora", "full"])
def test_adapters_are_not_put_on_another_base_of_the_same_shape(tokenizer, tmp_path, monkeypatch, method):
    """Full fine-tuning keeps all weights in a checkpoint, so there it matters no more where it began."""
    interruption = Interruption(monkeypatch, at=9)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path, method)
    interruption.off()
    other = tiny_llama.model(tokenizer, seed=1)
    if method == "full":
        assert train(other, tokenizer, tmp_path, method).resumed_from == 6
        return
    with pytest.raises(CourseError, match=r"other settings \(weights\)\. Choose another folder"):
        train(other, tokenizer, tmp_path, method)
    assert not hasattr(other, "peft_config"), "the other model is left as it was"
    assert train(tiny_llama.model(tokenizer), tokenizer, tmp_path, method).resumed_from == 6


def test_a_run_on_4_bit_weights_goes_on_on_those_alone(tokenizer, tmp_path, monkeypatch):
    def four_bit(seed):
        tiny_llama.model(tokenizer, seed, hidden_size=64).save_pretrained(tmp_path / str(seed))
        monkeypatch.setattr(models, "_source", lambda: str(tmp_path / str(seed)))
        return models.load_4bit_model()

    interruption = Interruption(monkeypatch, at=9)
    with pytest.raises(KeyboardInterrupt):
        train(four_bit(0), tokenizer, tmp_path / "run", "qlora")
    interruption.off()
    with pytest.raises(CourseError, match=r"other settings \(model, weights\)"):
        train(four_bit(1), tokenizer, tmp_path / "run", "qlora")
    result = train(four_bit(0), tokenizer, tmp_path / "run", "qlora")
    assert result.resumed_from == 6 and result.settings["model"] == "0"


def test_checkpoints_that_are_not_ours_are_refused_and_left_alone(tokenizer, tmp_path):
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / "checkpoint-5" / "model.safetensors").write_text("mine")
    (tmp_path / "checkpoint-best").mkdir()
    with pytest.raises(CourseError, match="holds a training run with other settings"):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    assert (tmp_path / "checkpoint-5" / "model.safetensors").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-5", "checkpoint-best"]


def test_a_folder_without_a_whole_checkpoint_can_be_used_anew(tokenizer, tmp_path, monkeypatch):
    """A call that was wrong, or stopped early, does not spoil a folder for the corrected one."""
    with pytest.raises(CourseError, match="in 3 parts"):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path, accumulate=3)
    interruption = Interruption(monkeypatch, at=2)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    (tmp_path / "checkpoint-12").mkdir()  # half-written; by its number it would be the newest
    interruption.at = 5
    with pytest.raises(KeyboardInterrupt):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path, learning_rate=5e-4)
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-3"]
    interruption.off()
    result = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, learning_rate=5e-4)
    assert result.resumed_from == 3


def test_a_finished_run_leaves_its_folder_clean(tokenizer, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    train(tiny_llama.model(tokenizer), tokenizer, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_kept_checkpoints_give_a_finished_run_back(tokenizer, tmp_path):
    first = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, keep_checkpoints=True)
    again = train(tiny_llama.model(tokenizer), tokenizer, tmp_path, keep_checkpoints=True)
    assert again.resumed_from == again.steps == first.steps
    check_same(again, first)


def test_a_folder_that_cannot_be_is_named(tokenizer, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="cannot be written.*Choose another folder"):
        train(tiny_llama.model(tokenizer), tokenizer, tmp_path / "file" / "run")
