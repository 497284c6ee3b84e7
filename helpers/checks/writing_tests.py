"""The checks of lesson 11."""

import ast
from itertools import combinations
from statistics import mean

from helpers.checks.framework import check, require, require_close

WRITTEN = """def test_share():
    assert share(1, 4) == 0.5
    assert share(3, 1) == 2
    assert share(1, 0) == 0
    for _ in range(2):
        assert share(8, 2) == 16
        assert share('a', 2) == 'a2'
    assert share('a', 'b') == 'ab'
"""
VALUES = {"share(1, 4)": 0.25, "share(3, 1)": 3, "share(8, 2)": 4, "share('a', 'b')": "a/b"}
RIGHT = """def test_share():
    assert share(1, 4) == pytest.approx(0.25)
    assert share(3, 1) == 3
    with pytest.raises(ZeroDivisionError):
        share(1, 0)
    for _ in range(2):
        assert share(8, 2) == 4
        with pytest.raises(TypeError):
            share('a', 2)
    assert share('a', 'b') == 'a/b'
"""
RAISED = {"share(1, 0)": ZeroDivisionError("division by zero"), "share('a', 2)": TypeError("2 is no text")}


def _value_of(call):
    if call not in VALUES:
        raise RAISED.get(call, NameError(f"{call!r} is no call"))
    return VALUES[call]


def _statements(text):
    """The statements of the test function in `text`, each as text."""
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        require(False, f"what you return does not parse: {error.msg}, line {error.lineno}:\n{text}")
    tests = [node for node in body if isinstance(node, ast.FunctionDef)]
    require(tests, f"what you return holds no test function:\n{text}")
    return [ast.unparse(one) for one in tests[-1].body]


@check("write `fill_in`: the test with the values that the calls really give.")
def fill_in(answer):
    asked = []

    def value_of(call):
        asked.append(call)
        return _value_of(call)

    got = answer(WRITTEN, value_of)
    require(isinstance(got, str), f"return a text. Yours gives a {type(got).__name__}.")
    require(got != WRITTEN, "nothing changed: the expected values are still the model's.")
    require(asked, "you never call `value_of`: that is where the values come from.")
    extra = [call for call in asked if call not in VALUES and call not in RAISED]
    require(not extra, f"value_of takes the text of the call alone. Yours asks for {extra[:1]!r}.")
    found = _statements(got)
    wanted = _statements(RIGHT)
    require(
        "assert share(1, 4) == 0.25" not in found,
        "floats are compared with `== pytest.approx(...)`: the last digit may differ on another machine.",
    )
    require(
        "assert share(3, 1) == pytest.approx(3)" not in found,
        "3 is a whole number, and exact: only floats need pytest.approx.",
    )
    require(
        "assert share('a', 'b') == a/b" not in got, "a value goes into a program as its `repr`: a text with quotes."
    )
    require(
        not any("'3'" in one or "'0.25'" in one for one in found),
        "the value 3 became the text '3'. `repr` writes a value as it stands in a program.",
    )
    require(
        any("raises" in one for one in found),
        "share(1, 0) raises. That is a behaviour, too: write it as a `with pytest.raises(...)` block.",
    )
    require(
        "pytest.raises(Exception)" not in got,
        "pytest.raises(Exception) holds for any exception, a typing error "
        "included. Name the one that came: type(error).__name__.",
    )
    require(
        not any(one.startswith("for") and "ZeroDivisionError" in one for one in found),
        "share('a', 2) raises a TypeError, not a ZeroDivisionError. The name is the error's: type(error).__name__.",
    )
    require(len(found) == len(wanted), f"{len(wanted)} assertions went in, and {len(found)} came out. Each is kept.")
    for mine, right in zip(found, wanted, strict=True):
        require(mine == right, f"one assertion should be `{right}`. Yours is `{mine}`.")
    truth = _statements(answer("def test_f():\n    assert f(0) is True\n", lambda call: None))[-1]
    require(
        truth == "assert f(0) == None",
        f"`assert f(0) is True` is filled in too: f(0) gives None, so `assert f(0) == None`. Yours gives {truth!r}.",
    )
    kept = "def test_f():\n    x = 2\n    assert f(x == 2) == 5\n"
    asked.clear()
    got = answer(kept, lambda call: asked.append(call) or 7)
    require(
        "f(x" not in asked,
        "in `assert f(x == 2) == 5` the call is f(x == 2): what is left of the last ==. Yours asks for `f(x`.",
    )
    require("x = 2" in got, "lines that are no assertion stay as they are.")
    last = _statements(got)[-1]
    require(last == "assert f(x == 2) == 7", f"`assert f(x == 2) == 5` should compare with 7. Yours gives {last!r}.")


def _best(scores, k):
    return mean(max(some) for some in combinations(scores, k))


@check("write `best_of`: the expected best score, if k of the n answers are drawn.")
def best_of(answer):
    scores = [0.3, 0.0, 0.8, 0.0, 0.5]
    got = answer(list(scores), 2)
    require(isinstance(got, int | float), f"return one number. Yours gives {got!r}.")
    require(
        got != max(scores), "that is the best of all answers. With k = 2 only two are drawn, and the best may not be."
    )
    require(
        abs(got - max(scores[:2])) > 1e-9, "that looks at the first k answers only. Average over all ways to draw k."
    )
    require(abs(got - mean(scores)) > 1e-9, "that is the mean of all answers, which is right for k = 1 only.")
    ordered = sorted(scores)
    repeated = sum(score * (((i + 1) / 5) ** 2 - (i / 5) ** 2) for i, score in enumerate(ordered))
    require(
        abs(got - repeated) > 1e-9,
        "that draws with replacement: the same answer may come twice. An answer is drawn once.",
    )
    top = mean(ordered[-2:])
    require(
        abs(got - top) > 1e-9, "that is the mean of the k best. Of each draw only the best counts, and all draws do."
    )
    require(
        abs(got - 0.9) > 1e-9,
        "a score above 0 is not yet a pass: here scores lie between 0 and 1, and 0.3 is worth 0.3.",
    )
    worst = mean(min(some) for some in combinations(scores, 2))
    require(abs(got - worst) > 1e-9, "that is the worst of each draw: the smallest score must come first in `sorted`.")
    require_close(got, _best(scores, 2), f"for {scores} and k = 2:")
    for k in (1, 3, 5):
        require_close(answer(list(scores), k), _best(scores, k), f"for {scores} and k = {k}:")
    require_close(answer([1, 0, 0, 1, 0, 0, 0, 0], 3), _best([1, 0, 0, 1, 0, 0, 0, 0], 3), "with 0 and 1 it is pass@k:")
    given = [0.5, 0.1]
    answer(given, 1)
    require(given == [0.5, 0.1], "your code changes the list it was given. `sorted` makes a new one.")
    require_close(answer([i / 60 for i in range(60)], 3), 44.75 / 60, "for 60 answers, drawn 3 at a time:")


RUNS = [
    {"step": 40, "loss": 1.10, "passed": 12, "tried": 100},
    {"step": 80, "loss": 0.90, "passed": 29, "tried": 100},
    {"step": 120, "loss": 0.84, "passed": 32, "tried": 100},
    {"step": 160, "loss": 0.80, "passed": 30, "tried": 100},
    {"step": 200, "loss": 0.86, "passed": 15, "tried": 50},
]


@check("write `pick`: the step of the earliest checkpoint whose pass rate is not clearly below the best.")
def pick(answer):
    got = answer([dict(run) for run in RUNS], 0.05)
    require(not isinstance(got, dict), "return the step alone, not the whole checkpoint.")
    require(got != 160, "that is the lowest loss. What counts is how many tests pass; the loss only stands for it.")
    require(got != 200, "that is the last. Later is not better by itself.")
    require(
        got != 120,
        "that is the best pass rate. 29 of 100 is within the margin of it, and came earlier. A rate is passed / tried; "
        "the margin is taken off it: best - margin.",
    )
    require(got != 40, "12 of 100 is far below the best, 32 of 100: not within a margin of 0.05.")
    require(got == 80, f"for {RUNS} and the margin 0.05 it is step 80. Yours gives {got!r}.")
    require(answer([dict(run) for run in RUNS], 0) == 120, "with a margin of 0, only the best will do: step 120.")
    require(
        answer([dict(run) for run in RUNS], 0.03) == 80,
        "29 of 100 is just within a margin of 0.03 of 32 of 100: at most, not below. And mind that 0.32 - 0.29 is a "
        "little more than 0.03 in floating point: compare with a tiny slack.",
    )
    few = [{"step": 1, "loss": 1.0, "passed": 20, "tried": 50}, {"step": 2, "loss": 1.0, "passed": 30, "tried": 100}]
    require(answer(few, 0.0) == 1, "20 of 50 is more than 30 of 100: compare shares, not counts.")
    turned = [dict(run) for run in reversed(RUNS)]
    require(
        answer(turned, 0.05) == 80, "the list need not be in order of the steps: the earliest has the smallest step."
    )
