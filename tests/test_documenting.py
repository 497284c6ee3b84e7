"""The docstring task: balanced rows, requests, training rows and scores."""

from collections import Counter

import pytest

from helpers import documenting


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "smoke")


def test_large_packages_are_drawn_no_more_often_than_need_be():
    rows = [{"package": "large", "id": number} for number in range(50)]
    rows += [{"package": name, "id": name} for name in ("small", "tiny")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documenting.corpus, "load", lambda *_: list(rows))
        chosen = documenting.functions("train", 10)
        assert Counter(row["package"] for row in chosen) == {"large": 8, "small": 1, "tiny": 1}
        assert chosen == documenting.functions("train", 10)
        assert chosen != documenting.functions("train", 10, seed=1)
        assert len(documenting.functions("train")) == len(documenting.functions("train", 1000)) == 52


def test_long_functions_are_left_out_where_asked_for():
    codes = [len(row["code"]) for row in documenting.functions("train", 6, longest=documenting.SHORT)]
    assert len(codes) == 6 and max(codes) <= documenting.SHORT
    assert max(len(row["code"]) for row in documenting.functions("train")) > documenting.SHORT


def test_a_request_holds_the_code_and_comes_after_its_examples():
    shot = {"code": "def one():\n    return 1", "docstring": "Return one."}
    messages = documenting.conversation("def two():\n    return 2", [shot])
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert "def one" in messages[0]["content"] and messages[1]["content"] == "Return one."
    assert "def two" in messages[2]["content"] and documenting.REQUEST in messages[2]["content"]


def test_training_rows_ask_as_the_test_does():
    row = {"code": "def two():\n    return 2", "docstring": "Return two."}
    (made,) = documenting.training_rows([row])
    assert made["prompt"] == documenting.conversation(row["code"])
    assert made["completion"] == [{"role": "assistant", "content": "Return two."}]


def test_scores_and_baselines():
    rows = documenting.functions("test", 4)
    perfect = documenting.scores([row["docstring"] for row in rows], rows)
    assert all(score["rouge1"] == pytest.approx(100) for score in perfect)
    answers = documenting.baselines(rows)
    assert all(len(sentences) == len(rows) for sentences in answers.values())
    assert len(set(answers["one sentence for all"])) == 1


def test_worked_examples_are_training_rows_of_other_packages():
    shots = documenting.shots(2)
    tested = {row["package"] for row in documenting.functions("test")}
    assert len(shots) == 2 and not tested & {row["package"] for row in shots}
