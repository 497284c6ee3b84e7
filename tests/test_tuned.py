"""Runs that lessons share: made once, found again, made anew where anything changed, and damage is named."""

import pytest

from helpers import documenting, finetune, forgetting, models, tuned
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

    def train(model, rows, method, **arguments):
        calls.append((method, len(rows), arguments))
        return finetune.Result(method, losses=[2.0, 1.0], evaluations=[(0, 2.0), (2, 1.0)], model=Model())

    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setattr(documenting, "functions", lambda split, count=None, *_, **__: [dict(ROW)] * (count or 8))
    monkeypatch.setattr(documenting, "write", lambda model, tokenizer, rows, *_: ["Return the area."] * len(rows))
    monkeypatch.setattr(forgetting, "probe", lambda *_: {"score": 50.0})
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
