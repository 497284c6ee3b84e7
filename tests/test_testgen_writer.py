"""The test writer's rows and its judge; what trains and asks a model is seen in lesson 11."""

import pytest

from helpers.testgen import proposals, writer

DOUBLE = {"id": "d", "package": "p", "name": "double", "function": "def double(x):\n    return 2 * x\n"}
DOUBLE |= {"module": DOUBLE["function"]}
ANSWERS = [
    "```python\ndef test_double():\n    assert double(3) == 6\n```",
    "```python\ndef test_double():\n    assert double(3) == 6\n    assert double(1) == 3\n```",
    "```python\ndef test_double():\n    assert double(3) == double(3)\n```",
    "```python\ndef test_double():\n    assert double(1, 2) == 3\n```",
    "I would rather not.",
]


def test_answers_are_judged_by_execution():
    (found,) = writer.judged([DOUBLE], [ANSWERS], label=None)
    assert found == pytest.approx({"is_test": 0.8, "valid": 0.6, "held": 0.5, "passed": 1, "answers": 5})
    assert writer.pass_at([found], 1) == [pytest.approx(0.2)] and writer.pass_at([found], 5) == [1.0]


def test_calls_are_taken_from_answers_without_repeats_and_values_are_filled_in():
    calls = writer.calls_in(DOUBLE, ANSWERS)
    assert calls == ["double(3)", "double(1)", "double(1, 2)"]
    (filled,) = writer.filled([DOUBLE], calls=[calls], label=None)
    assert filled["passes"] and filled["mutation"] == 1 and "double(1, 2)" not in filled["test"]
    (nothing,) = writer.filled([DOUBLE], calls=[[]], label=None)
    assert nothing["test"] == "" and nothing["mutation"] == 0 and nothing["passes"] is None


def test_human_eval_has_no_docstrings_and_can_be_called():
    rows = writer.human_eval(5)
    assert len(rows) == 5
    for row in rows:
        assert '"""' not in row["function"] and proposals.documented(row["module"], row["name"]) == []
    (filled,) = writer.filled(rows[:1], calls=[["has_close_elements([1.0, 2.0], 0.5)"]], label=None)
    assert "is False" in filled["test"] and filled["passes"]


def test_a_training_row_asks_for_a_test_and_holds_it():
    row = writer.training_row(DOUBLE | {"test": "def test_double():\n    assert double(3) == 6\n"})
    assert "def double" in row["prompt"][0]["content"]
    assert row["completion"][0]["content"].startswith("```python\ndef test_double")
