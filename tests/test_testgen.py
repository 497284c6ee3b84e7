"""The course's examples, the cleaning of answers, and the score, each against answers as models really write them."""

import ast

import pytest

from helpers import testgen

ADD = {"name": "add", "kind": "add", "function": "def add(a, b):\n    return a + b\n"}
GOOD = "def test_add():\n    assert add(1, 2) == 3\n    assert add(0, 5) == 5\n"


def score(test):
    return testgen.score([ADD], [test])[0]


# --- Examples ---


def test_examples_are_enough_and_the_splits_share_no_kind_and_no_name():
    train, held_out = testgen.examples("train", 4), testgen.examples("test", 2)
    assert len(held_out) >= 100 and len({row["kind"] for row in held_out}) >= 30
    assert len({row["kind"] for row in train}) >= 120
    assert not {row["kind"] for row in train} & {row["kind"] for row in held_out}
    assert not {row["name"] for row in train} & {row["name"] for row in held_out}
    assert {"factorial", "fibonacci", "reverse_string"} <= {row["kind"] for row in held_out}


def test_no_function_of_one_split_is_one_of_the_other_under_other_names():
    def shape(row):
        tree = ast.parse(row["function"])
        names = {}
        for node in ast.walk(tree):
            for field in ("id", "arg", "name"):
                if isinstance(getattr(node, field, None), str):
                    setattr(node, field, names.setdefault(getattr(node, field), f"v{len(names)}"))
            if isinstance(node, ast.arg | ast.FunctionDef):
                node.annotation = node.returns = None
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        return ast.unparse(tree)

    train = {shape(row) for row in testgen.examples("train", 9)}
    assert not train & {shape(row) for row in testgen.examples("test", 9)}


def test_examples_repeat_for_a_seed_and_differ_between_seeds():
    assert testgen.examples("train", 2) == testgen.examples("train", 2)
    assert testgen.examples("train", 2) != testgen.examples("train", 2, seed=1)


def test_an_example_of_every_kind_passes_and_kills_a_mutant():
    rows = [row for split in ("train", "test") for row in testgen.examples(split, 1, seed=3)]
    scores = testgen.score(rows, [row["test"] for row in rows])
    assert [row["name"] for row, found in zip(rows, scores, strict=True) if not found.passes] == []


@pytest.mark.slow
def test_every_example_of_the_full_budget_holds_and_nearly_all_kill_a_mutant():
    rows = [row for seed in range(3) for row in testgen.examples("train", 3, seed)] + testgen.examples("test", 2)
    scores = testgen.score(rows, [row["test"] for row in rows])
    assert all(found.held == found.assertions == 3 for found in scores)
    assert sum(found.passes for found in scores) >= 0.98 * len(scores)


# --- Cleaning ---


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        f"```python\n{GOOD}```",
        f"Sure, here you go:\n\n```py\n{GOOD}```\nIt tests two cases.",
        f"```\n{GOOD}```",
        f"```python\n{GOOD}    assert add(1,",
        f"```python\ndef add(a, b):\n    return 0\n```\nand\n```python\n{GOOD}```",
        f"from my_module import add\n\n{GOOD}",
        f"from my_module import *\n\n{GOOD}",
        f"{GOOD}\nprint('done')\nif __name__ == '__main__':\n    test_add()\n",
        "\n".join("    " + line for line in GOOD.splitlines()),
    ],
)
def test_cleaning_leaves_the_test_alone(answer):
    assert testgen.clean(answer, "add").strip() == GOOD.strip()


@pytest.mark.parametrize("answer", ["", "I cannot do that.", "```python\n```", "\x00", "(" * 500])
def test_cleaning_what_holds_no_code_gives_nothing(answer):
    assert testgen.clean(answer, "add") == ""


def test_a_block_in_another_language_is_no_code_and_hides_none():
    answer = f"Run it:\n```bash\npytest -q\n```\nThe test:\n```Python\n{GOOD}```\n"
    assert testgen.clean(answer, "add").strip() == GOOD.strip()


def test_cleaning_keeps_imports_and_helpers_that_the_test_needs():
    answer = "import math\n\ndef twice(x):\n    return 2 * x\n\ndef test_add():\n    assert add(1, 1) == twice(1)\n"
    assert "import math" in testgen.clean(answer, "add") and "def twice" in testgen.clean(answer, "add")


# --- Scoring ---


def test_a_right_test_passes():
    assert score(GOOD) == testgen.Score(True, 2, 2, True, "useful: all assertions hold, and a mutant is caught")


def test_one_wrong_guess_does_not_hide_the_right_ones():
    found = score("def test_add():\n    assert add(1, 2) == 4\n    assert add(0, 5) == 5\n    assert add(1, 1) == 2\n")
    assert (found.valid, found.held, found.assertions, found.passes) == (True, 2, 3, False)
    assert found.held_fraction == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("test", "held", "assertions"),
    [
        ("import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(add(1, 2), 3)\n", 1, 1),  # noqa: E501
        ("class TestAdd:\n    def test_a(self):\n        assert add(1, 2) == 3\n", 1, 1),
        ("import pytest\n@pytest.mark.parametrize('a, b', [(1, 2), (2, 3)])\ndef test_a(a, b):\n    assert add(a, 1) == b\n", 1, 1),  # noqa: E501
        ("import pytest\n@pytest.mark.parametrize('a', [1, pytest.param(2)])\ndef test_a(a):\n    assert add(a, 1) == a + 1\n", 1, 1),  # noqa: E501
        ("import pytest\ndef test_a():\n    with pytest.raises(TypeError):\n        add(1)\n    assert add(1, 1) == 2\n", 2, 2),  # noqa: E501
        ("def test_a():\n    for n in range(3):\n        assert add(n, 1) == n + 1\n", 1, 1),
    ],
)  # fmt: skip
def test_the_usual_styles_count(test, held, assertions):
    found = score(test)
    assert (found.valid, found.held, found.assertions, found.passes) == (True, held, assertions, True)


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("", "nothing is left"),
        ("def test_add(:\n", "does not parse"),
        ("assert add(1, 2) == 3\n", "no test function"),
        ("def check_add():\n    assert add(1, 2) == 3\n", "no test function"),
        ("def test_add():\n    add(1, 2)\n", "no test function with an assertion"),
        ("def test_add():\n    assert 1 + 2 == 3\n", "never calls"),
        ("def test_add():\n    assert add(1) == 1\n", "no assertion comes to a verdict"),
        ("def test_add(fixture):\n    assert add(1, 2) == 3\n", "no assertion comes to a verdict"),
        ("import not_there\ndef test_add():\n    assert add(1, 2) == 3\n", "does not run"),
        ("import os\nos._exit(0)\ndef test_add():\n    assert add(1, 2) == 3\n", "does not run"),
        ("raise SystemExit(0)\ndef test_add():\n    assert add(1, 2) == 3\n", "does not run"),
        ("def test_add():\n    while True:\n        pass\n    assert add(1, 2) == 3\n", "timeout"),
    ],
)
def test_what_is_not_a_test_that_runs_is_not_valid(test, why):
    found = score(test)
    assert not found.valid and not found.passes and found.held_fraction == 0
    assert why in found.why


@pytest.mark.parametrize(
    "test",
    [
        "def test_add():\n    assert add(1, 2) is not add\n",
        "def test_add():\n    assert add(1, 2) == add(1, 2)\n",
        "def test_add():\n    assert add(1, 2) or True\n",
    ],
)
def test_a_test_that_checks_nothing_does_not_pass(test):
    found = score(test)
    assert found.valid and found.held == found.assertions == 1
    assert not found.passes and "checks nothing" in found.why


def test_a_mutant_that_never_ends_does_not_count_and_does_not_hide_the_others():
    row = {"name": "down", "function": "def down(n):\n    while n > 0:\n        n -= 1\n    return n\n"}
    tests = ["def test_down():\n    assert down(3) == 0\n", "def test_down():\n    assert down(3) == down(3)\n"]
    assert [found.passes for found in testgen.score([row, row], tests)] == [True, False]


def test_comparing_a_call_with_itself_is_useful_for_no_kind():
    rows = testgen.examples("test", 1)
    calls = [row["test"].split("assert ")[1].split("\n")[0].split(" == ")[0].split(" is ")[0] for row in rows]
    tests = [f"def test_it():\n    assert {call} == {call}\n" for call in calls]
    scores = testgen.score(rows, tests)
    assert [row["kind"] for row, found in zip(rows, scores, strict=True) if found.passes or not found.valid] == []


def test_scores_come_back_in_order():
    tests = [GOOD, "", "def test_add():\n    assert add(1, 2) == 4\n", GOOD]
    assert [found.passes for found in testgen.score([ADD] * 4, tests)] == [True, False, False, True]


def test_actual_values_are_what_the_calls_return():
    found = testgen.actual_values(ADD, "def test_add():\n    assert add(1, 2) == 4\n    assert add(1) == 1\n")
    assert found == [("assert add(1, 2) == 4", "3"), ("assert add(1) == 1", "TypeError")]


def test_a_request_shows_its_examples_and_asks_last():
    shots = testgen.examples("train", 1)[:2]
    messages = testgen.conversation(ADD["function"], shots)
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2 + ["user"]
    assert shots[0]["test"].strip() in messages[1]["content"]
    assert ADD["function"].strip() in messages[-1]["content"]


@pytest.mark.parametrize("forged", ["verdicts[7] = True", "verdicts['all'] = True"])
def test_a_test_that_writes_its_own_verdicts_is_not_valid(forged):
    test = "import sys\n\ndef test_add():\n    frame = sys._getframe()\n    while 'found' not in frame.f_locals:\n"
    test += f"        frame = frame.f_back\n    frame.f_locals['found'].{forged}\n    assert add(1, 2) == 4\n"
    found = score(test)
    assert not found.valid and not found.passes and found.held_fraction == 0


def test_a_test_that_raises_after_its_assertions_does_not_pass():
    found = score("def test_add():\n    assert add(1, 2) == 3\n    add(1)\n")
    assert found == testgen.Score(True, 1, 1, False, "all assertions hold, but the test raises TypeError elsewhere")


def test_what_changes_from_run_to_run_does_not_pass():
    found = score("import random\n\ndef test_add():\n    assert random.random() < add(0.2, 0.3)\n")
    assert (found.passes, found.held + found.assertions > 0) == (False, True)
