"""Pairs of function and test: each stage stops what it should, and the file is one that services take."""

import json

import pytest

from helpers.testgen import pairs

DOUBLE = {"id": "p/double", "package": "p", "name": "double", "function": "def double(x):\n    return 2 * x\n"}
DOUBLE |= {"module": DOUBLE["function"]}
DICE = {"id": "p/dice", "package": "p", "name": "dice", "function": "def dice(n):\n    return random.randrange(n)\n"}
DICE |= {"module": "import random\n\n\n" + DICE["function"]}
GOOD = "def test_double():\n    assert double(3) == 6\n"


def stages_of(row, *tests):
    found, funnel = pairs.verified([pairs.Candidate(row, test, "someone") for test in tests], label=None)
    return found, funnel


@pytest.mark.parametrize(
    ("row", "test", "stage"),
    [
        (DOUBLE, "", "a test"),
        (DOUBLE, "def test_double(:\n", "a test"),
        (DOUBLE, "def test_double():\n    assert 1 == 1\n", "a test"),
        (DOUBLE, "def test_double():\n    missing()\n    assert double(1) == 2\n", "runs"),
        (DOUBLE, "def test_double():\n    while True:\n        pass\n    assert double(1) == 2\n", "runs"),
        (DOUBLE, "def test_double():\n    assert double(3) == 7\n", "holds"),
        (DICE, "def test_dice():\n    assert dice(2) == 0\n", "is not flaky"),
        (DOUBLE, "def test_double():\n    assert double(3) == double(3)\n", "kills a mutant"),
    ],
)
def test_a_test_is_stopped_at_its_stage(row, test, stage):
    found, funnel = stages_of(row, test)
    assert found == []
    assert {name: sum(why.values()) for name, why in funnel["lost"].items()} == {stage: 1}
    passed = pairs.STAGES[: pairs.STAGES.index(stage)]
    assert funnel["kept"] == {name: int(name in passed) for name in pairs.STAGES}


def test_a_good_test_comes_through_once():
    renamed = GOOD.replace("test_double", "test_twice").replace("assert double(3) == 6", "assert double(3) == 6  # six")
    found, funnel = stages_of(DOUBLE, GOOD, renamed)
    assert [pair["test"] for pair in found] == [GOOD]
    assert found[0] | {"teacher": "someone", "style": "plain", "killed": 3, "mutants": 3} == found[0]
    assert funnel["lost"] == {"is new": {"a repeat": 1}}
    assert funnel["kept"]["kills a mutant"] == 2 and funnel["kept"]["is new"] == 1


def test_answers_are_cleaned_and_keep_their_row():
    candidates = pairs.from_answers(
        [DOUBLE, DICE], [[f"Sure:\n```python\n{GOOD}```", "no idea at all, sorry"], "x"], "m"
    )
    assert [one.row["name"] for one in candidates] == ["double", "double", "dice"]
    assert candidates[0].test.strip() == GOOD.strip() and candidates[1].test == ""


def test_the_program_writes_tests_that_come_through():
    candidates = pairs.from_program([DOUBLE], each=3, most=2, label=None)
    found, funnel = pairs.verified(candidates, label=None)
    assert len(found) == len(candidates) >= 2
    calls = [call for pair in found for call in pair["test"].split("\n") if "double(" in call and "def" not in call]
    assert len(calls) == len(set(calls))


@pytest.mark.parametrize(
    ("test", "style"),
    [
        (GOOD, "plain"),
        ("def test():\n    with pytest.raises(ValueError):\n        f()\n", "raises"),
        ("@pytest.mark.parametrize('x', [1])\ndef test(x):\n    assert f(x)\n", "parametrize"),
        ("def test():\n    assert f() == pytest.approx(0.5)\n", "approx"),
    ],
)
def test_styles_are_told_apart(test, style):
    assert pairs.style(test) == style


def test_upsampling_reaches_the_share_and_loses_nothing():
    rows = [{"test": str(number), "style": "raises" if number < 2 else "plain"} for number in range(12)]
    more = pairs.upsampled(rows, "raises", share=0.5)
    assert sum(row["style"] == "raises" for row in more) == 10 == len(more) - 10
    assert {row["test"] for row in more} == {row["test"] for row in rows}
    assert pairs.upsampled(rows, "raises", 0.5) == more != pairs.upsampled(rows, "raises", 0.5, seed=1)
    assert sorted(row["test"] for row in pairs.upsampled(rows, "approx", 0.5)) == sorted(row["test"] for row in rows)
    assert len(pairs.upsampled(rows, "raises", share=0.1)) == 12


def test_the_file_has_a_chat_a_line_and_no_problems():
    text = pairs.to_jsonl([DOUBLE | {"test": GOOD}, DOUBLE | {"test": GOOD.replace("3", "4").replace("6", "8")}])
    rows = [json.loads(line)["messages"] for line in text.splitlines()]
    assert [[message["role"] for message in row] for row in rows] == [["user", "assistant"]] * 2
    assert DOUBLE["function"].strip() in rows[0][0]["content"] and GOOD.strip() in rows[0][1]["content"]
    assert pairs.problems_of_jsonl(text) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "no JSON"),
        ("", "empty"),
        ("[]", "no object"),
        ('{"messages": []}', "no object"),
        ('{"messages": [{"role": "user"}]}', "no text"),
        ('{"messages": [{"role": "user", "content": "a"}]}', "take turns"),
        ('{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": " "}]}', "empty"),
        ('{"messages": [{"role": "system", "content": "a"}]}', "take turns"),
        ('{"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}', "take turns"),
    ],
)
def test_a_bad_line_is_named(line, problem):
    good = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'
    found = pairs.problems_of_jsonl(f"{good}\n{line}\n")
    assert [number for number, _ in found] == [2] and problem in found[0][1]
    assert pairs.problems_of_jsonl(f"{good}\n{good}\n") == [(2, "it repeats line 1")]
