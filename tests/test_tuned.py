"""Runs that lessons share: made once, found again, made anew where anything changed, and damage is named."""

import json
import time
from types import SimpleNamespace

import pytest
import tiny_llama
from test_finetune_resume import Interruption

from helpers import documenting, finetune, forgetting, kept, models, tuned
from helpers.errors import CourseError

ROW = {"package": "p", "name": "Box.area", "code": "def area(self):\n    return 1", "docstring": "Return the area."}


class Model:
    def save_pretrained(self, folder):
        folder.mkdir(parents=True)
        (folder / "saved").write_text("weights")


@pytest.fixture
def made(monkeypatch, tmp_path):
    """No model is trained; the list holds what `finetune` was called with."""
    calls = []
    config = models.load_config()

    def train(model, rows, method, **arguments):
        calls.append((method, len(rows), arguments))
        return finetune.Result(method, losses=[2.0, 1.0], evaluations=[(0, 2.0), (2, 1.0)], model=Model())

    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setattr(documenting, "functions", lambda split, count=None, *_, **__: [dict(ROW)] * (count or 8))
    monkeypatch.setattr(documenting, "write", lambda model, tokenizer, rows, *_: ["Return the area."] * len(rows))
    monkeypatch.setattr(forgetting, "probe", lambda *_: {"score": 50.0})
    monkeypatch.setattr(models, "load_config", lambda: config)  # a home without a model would make it anew
    monkeypatch.setattr(models, "load_tokenizer", lambda: None)
    monkeypatch.setattr(models, "load_model", lambda folder=None: folder)
    monkeypatch.setattr(finetune, "finetune", train)
    monkeypatch.setattr(finetune, "for_inference", lambda model: model)
    return calls


def test_a_run_is_made_once_and_read_again(made):
    first, second = tuned.train("full"), tuned.train("full")
    assert len(made) == 1 and first.scores == second.scores
    assert second.mean() == pytest.approx(100) and second.result.losses == [2.0, 1.0]
    assert second.forgetting == {"score": 50.0}
    assert (second.model() / "saved").read_text() == "weights"


def test_whatever_changes_the_run_makes_another(made, monkeypatch):
    tuned.train("full")
    for change in ({"learning_rate": 1e-5}, {"extra": [{"prompt": "a", "completion": "b"}]}, {"keep": False}):
        tuned.train("full", **change)
    tuned.train("lora")
    monkeypatch.setenv("COURSE_SEED", "1")
    tuned.train("full")
    assert len(made) == 6
    tuned.train("full")
    assert len(made) == 6


def test_the_mix_has_one_row_of_the_second_job_to_four_of_the_first(made):
    tuned.train_mixed()
    count = tuned.sizes()["mixed"]
    assert [(method, rows) for method, rows, _ in made] == [("full", count + count // 4)]


def test_the_control_of_the_mix_has_as_many_rows_and_only_the_first_job(made, monkeypatch):
    monkeypatch.setattr(forgetting, "training_rows", lambda count: pytest.fail("the second job is not to be mixed in"))
    tuned.train_control()
    count = tuned.sizes()["mixed"]
    assert [(method, rows) for method, rows, _ in made] == [("full", count + count // 4)]


def test_weights_that_were_not_kept_are_not_loaded(made):
    with pytest.raises(CourseError, match="keep=True"):
        tuned.train("full", keep=False).model()


def test_a_damaged_run_is_named(made):
    folder = tuned.train("full").folder
    (folder / "tuned.json").write_text("{")
    with pytest.raises(CourseError, match="Delete it"):
        tuned.train("full")


def test_a_name_counts_only_letter_for_letter():
    row = {"name": "Box.area"}
    assert forgetting.is_right("It is called `area`.", row) and forgetting.is_right("Box.area", row)
    assert not forgetting.is_right("Return the Area of it, or subarea.", row)


def test_mixed_in_rows_ask_the_other_question(made):
    (row,) = forgetting.training_rows(1)
    assert forgetting.QUESTION in row["prompt"][0]["content"]
    assert forgetting.is_right(row["completion"][0]["content"], ROW)


# A run that is stopped


@pytest.fixture
def trainable(monkeypatch, tmp_path):
    """A tiny model is really trained, in 8 steps with two checkpoints; measuring it is pretended."""
    tokenizer, config = models.load_tokenizer(), models.load_config()
    rows = [dict(ROW, docstring=f"Return area number {number}.") for number in range(16)]
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_BUDGET", "full")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(tuned, "sizes", lambda: {"train": 16, "mixed": 4, "validation": 2, "test": 2})
    monkeypatch.setattr(tuned.corpus, "names_by_budget", lambda: ["none"])
    monkeypatch.setattr(tuned.corpus.cache, "folder", lambda names: tmp_path / "corpus")
    monkeypatch.setattr(documenting, "functions", lambda split, count=None, *_, **__: rows[: count or 8])
    monkeypatch.setattr(documenting, "write", lambda model, tokenizer, rows, *_: ["Return the area."] * len(rows))
    monkeypatch.setattr(forgetting, "probe", lambda *_: {"score": 50.0})
    monkeypatch.setattr(models, "load_config", lambda: config)
    monkeypatch.setattr(models, "load_tokenizer", lambda: tokenizer)
    monkeypatch.setattr(models, "load_model", lambda folder=None: tiny_llama.model(tokenizer))
    return tmp_path / "tuned"


def train(**changes):
    return tuned.train("lora", **({"batch_size": 2, "accumulate": 1, "measure_memory": False} | changes))


def names(folder):
    return sorted(path.name.split("-")[1] for path in folder.iterdir() if path.is_dir())


def test_a_stopped_run_goes_on_where_it_was(trainable, monkeypatch):
    whole = train(keep=False)  # another run, so it is made apart
    assert names(trainable) == ["full"]
    interruption = Interruption(monkeypatch, at=7)
    with pytest.raises(KeyboardInterrupt):
        train()
    assert names(trainable) == ["checkpoint", "full"]
    interruption.off()
    run = train()
    assert run.result.resumed_from == 4 and run.result.steps == 8 and whole.result.resumed_from == 0
    assert run.result.losses == whole.result.losses and run.result.evaluations == whole.result.evaluations
    assert names(trainable) == ["full", "full"], "the checkpoints stayed"


def test_a_run_stopped_while_it_is_measured_is_not_trained_again(trainable, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "probe", stopped)
        with pytest.raises(KeyboardInterrupt):
            train()
    (place,) = trainable.glob("*-checkpoint-*")
    took = json.loads((place / "done.json").read_text())["seconds"] / 60
    steps = Interruption(monkeypatch, at=1)
    run = train()
    steps.off()
    assert run.minutes == took > 0 and run.result.training_seconds > 0 and len(run.result.losses) == 8
    assert names(trainable) == ["full"]


def test_minutes_before_a_stop_count(trainable, monkeypatch):
    interruption = Interruption(monkeypatch, at=5)
    with pytest.raises(KeyboardInterrupt):
        train()
    interruption.off()
    started = time.monotonic()
    run = train()
    assert run.minutes == pytest.approx(run.result.seconds / 60 * 2)  # half of the steps were done before
    assert run.minutes < (time.monotonic() - started) / 60 * 2


def test_what_decides_a_run_decides_where_its_checkpoints_are(monkeypatch):
    about = ["lora", True, {"learning_rate": 1e-3}]
    place = kept.unfinished("lora", about)
    assert place == kept.unfinished("lora", list(about))
    others = [kept.unfinished("qlora", about), kept.unfinished("lora", [*about, 1])]
    monkeypatch.setenv("COURSE_SEED", "1")
    assert len({place, *others, kept.unfinished("lora", about)}) == 4


def test_a_run_without_room_for_checkpoints_is_made_without(made, monkeypatch):
    tuned.train("lora")
    monkeypatch.setenv("COURSE_BUDGET", "full")
    tuned.train("lora")
    free = tuned._kept_bytes("lora") + 10
    monkeypatch.setattr("helpers.files.shutil.disk_usage", lambda place: SimpleNamespace(free=free))
    tuned.train("lora", keep=False)
    folders = [arguments["folder"] for _, _, arguments in made]
    assert folders[0] is None and "checkpoint" in folders[1].name and folders[2] is None


def test_a_larger_model_needs_more_room(monkeypatch):
    small = tuned._kept_bytes("full")
    config = models.load_config()
    config.num_hidden_layers *= 2
    monkeypatch.setattr(models, "load_config", lambda: config)
    assert tuned._kept_bytes("full") > 1.5 * small > 1.5 * 5 * tuned._kept_bytes("lora")
