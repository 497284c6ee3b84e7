"""What becomes of a test when it is run: each outcome, hostile and flaky tests, mutants, coverage counted by hand."""

import os
import sys

import pytest

from helpers import sandbox
from helpers.errors import CourseError
from helpers.metrics import Outcome, TestScore, call_values, mutants, score_tests

ADD = "def add(a, b):\n    return a + b\n"
GOOD = "def test_add():\n    assert add(1, 2) == 3\n    assert add(0, 5) == 5\n"
LINUX = sys.platform == "linux"


def score(test, function=ADD, **settings):
    return score_tests([function], [test], **settings)[0]


def words(text):
    """A test of `add` whose body is `text`, and then one that holds."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"def test_add():\n{lines}    assert add(1, 2) == 3\n"


# --- Outcomes ---


@pytest.mark.parametrize(
    ("outcome", "test", "why"),
    [
        ("passes", GOOD, "useful"),
        ("passes", "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.x = 3\n    def test_a(self):\n        self.assertEqual(add(1, 2), self.x)\n", "useful"),  # noqa: E501
        ("passes", "class TestAdd:\n    def setup_method(self, method):\n        self.x = len(method.__name__)\n    def test_a(self):\n        assert add(self.x, 1) == 7\n", "useful"),  # noqa: E501
        ("passes", "import pytest\nclass TestAdd:\n    @pytest.mark.parametrize('a, b', [(1, 2), (2, 3)])\n    def test_a(self, a, b):\n        assert add(a, 1) == b\n", "useful"),  # noqa: E501
        ("passes", "import pytest\ndef test_a():\n    pytest.raises(TypeError, add, 1)\n    assert add(0.1, 0.2) == pytest.approx(0.3)\n", "useful"),  # noqa: E501
        ("passes", "def test_a():\n    assert (x := add(1, 2)) == 3\n    assert x == 3\n", "useful"),
        ("passes", "def test_a():\n    assert list(map(add, [1], [2])) == [3]\n", "useful"),
        ("passes", words("for _ in range(100_000):\n    print('a lot')"), "useful"),
        ("passes but kills nothing", "def test_a():\n    assert add(1, 2) == add(1, 2)\n", "checks nothing"),
        ("passes but kills nothing", "def test_a():\n    assert add(0, 0) == 0\n", "checks nothing"),
        ("fails", "def test_a():\n    assert add(1, 2) == 4\n    assert add(1, 1) == 2\n", "1 of 2 assertions hold"),
        ("fails", "def test_a():\n    assert add(1, 2) == 3\n    assert add(1) == 1\n", "it raises TypeError"),
        ("fails", words("pass") + "    add(1)\n", "all assertions hold, but the test raises TypeError"),
        ("fails", words("pass") + "    raise SystemExit(0)\n", "raises SystemExit"),
        ("fails", "import pytest\ndef test_a():\n    with pytest.raises(ValueError):\n        add(1, 2)\n", "0 of 1"),
        ("fails", words("pass") + "def test_b(tmp_path):\n    assert add(1, 1) == 2\n", "pytest fixture 'tmp_path'"),
        ("not a test", "", "nothing is left"),
        ("not a test", "assert add(1, 2) == 3\n", "no test function"),
        ("not a test", "def test_a():\n    add(1, 2)\n", "no test function with an assertion"),
        ("not a test", "def test_a():\n    assert 3 == 3\n", "never calls"),
        ("does not parse", "def test_a(:\n", "does not parse"),
        ("does not parse", "(" * 500, "does not parse"),
        ("does not parse", "x = '\0'\n", "does not parse"),
        ("does not run", "import not_there\n" + GOOD, "it raises ModuleNotFoundError"),
        ("does not run", GOOD + "return 1\n", "it raises SyntaxError"),
        ("does not run", "def test_a():\n    assert add(1) == 1\n", "comes to a verdict; it raises TypeError"),
        ("does not run", "def test_a(capsys):\n    assert add(1, 2) == 3\n", "it needs the pytest fixture 'capsys'"),
        ("does not run", "import pytest\ndef test_a():\n    pytest.skip()\n    assert add(1, 2) == 3\n", "Skipped"),
        ("times out", words("while True: pass"), "timeout"),
        ("times out", words("while True:\n    try: add(1)\n    except Exception: pass"), "timeout"),
        ("times out", "def test_a():\n    assert add(1, 2) == max(n for n in iter(int, 1))\n", "no assertion comes"),
    ],
)  # fmt: skip
def test_outcomes(outcome, test, why):
    if LINUX or outcome != "times out":  # elsewhere too, but later
        found = score(test, seconds=2.5)
        assert (found.outcome, found.valid) == (outcome, outcome.split()[0] in ("passes", "fails"))
        assert why in found.why


def test_a_score_counts_assertions_and_mutants():
    found = score(GOOD)
    assert (found.held, found.assertions, found.mutants, found.mutants_killed, found.mutants_noticed) == (2, 2, 2, 2, 2)
    assert (found.mutation_score, found.killed, found.coverage) == (1.0, (True, True), None)
    weak = score("def test_a():\n    assert add(3, 0) == 3\n")
    assert (weak.outcome, weak.killed, weak.mutation_score) == ("passes but kills nothing", (False, False), 0)
    wrong = score("def test_a():\n    assert add(1, 2) == 4\n    assert add(1, 1) == 2\n")
    assert (wrong.held, wrong.assertions, wrong.killed, wrong.mutation_score) == (1, 2, (False, False), 0)


def test_a_function_without_mutants_has_no_mutation_score():
    found = score("def test_wipe():\n    assert wipe([1]) is None\n", "def wipe(items):\n    items.clear()\n")
    assert (found.outcome, found.mutants, found.mutation_score) == ("passes but kills nothing", 0, None)


def test_a_crash_on_a_mutant_is_noticed_and_not_killed():
    crashing, wrong, same = "def add(a, b):\n    1 / 0\n", "def add(a, b):\n    return 0\n", ADD + "x = 1\n"
    found = score(GOOD, mutants=[[crashing, wrong, same, "syntax error"]])
    assert found.killed == (False, True, False, False)
    assert found.noticed == (True, True, False, True)
    calls = score("def test_a():\n    assert add(1, 2) == add(1, 2)\n", mutants=[[crashing, wrong, same]])
    assert (calls.mutants_killed, calls.mutants_noticed) == (0, 1)


@pytest.mark.skipif(not LINUX, reason="slow without timers")
def test_mutants_that_never_end_are_noticed_and_hide_no_others():
    loop, late = "def add(a, b):\n    while True: pass\n", "def add(a, b):\n    while a: pass\n    return 9\n"
    wrong = "def add(a, b):\n    return 0\n"
    found = score(words("value = add(0, 1)\nassert value == 1"), mutants=[[loop, late, wrong, loop]])
    assert found.killed == (False, True, True, False)
    assert found.noticed == (True, True, True, True)


def test_mutants_that_take_the_process_with_them_hide_no_others():
    leave, sleep = "import os\ndef add(a, b):\n    os._exit(0)\n", "import time\ndef add(a, b):\n    time.sleep(99)\n"
    wrong = "def add(a, b):\n    return 0\n"
    found = score(GOOD, mutants=[[wrong, leave, sleep, ADD, wrong]], seconds=0.5)
    assert found.killed == (True, False, False, False, True)
    assert found.noticed == (True, True, True, False, True)
    given_up = score(GOOD, mutants=[[wrong, leave, leave, leave, wrong]])
    assert given_up.outcome == "passes" and given_up.killed == (True, False, False, False, False)


def test_only_the_function_under_test_is_broken():
    function = "LIMIT = 5\n\ndef twice(n):\n    return n * 2\n\ndef top(n):\n    return min(twice(n), LIMIT)\n"
    found = score("def test_top():\n    assert top(1) == 2\n    assert top(9) == 5\n", function)
    assert (found.outcome, found.mutants, found.mutation_score) == ("passes", 1, 1.0)
    of_helper = score("def test_twice():\n    assert twice(2) == 4\n", function, names=["twice"])
    assert of_helper.mutants == len(mutants(function, "twice")) == 3


def test_what_a_test_defines_does_not_change_the_function():
    function = (
        "import dataclasses\n\ndef _check(n):\n    return n + 1\n\n@dataclasses.dataclass\nclass P:\n    x: 'int'\n\n"
    )
    function += "def up(n):\n    return P(_check(n)).x\n"
    test = "def _check(n):\n    assert up(n) == n + 1\n    return n\n\ndef test_up():\n    assert up(_check(3)) == 4\n"
    assert score(test, function).held == 1
    assert score(test, function, mutants=[["def up(n):\n    return n\n"]]).outcome == Outcome.PASSES


# --- Flaky ---

UNIQUE, ITEMS = "def unique(items):\n    return list(set(items))\n", ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize(
    "test",
    [
        "import random\ndef test_a():\n    assert add(random.random(), 0) < 0.5\n",
        "import time\ndef test_a():\n    assert add(time.perf_counter_ns() // 100, 0) % 2\n",
        "import sys\ndef test_a():\n    objects = [object() for _ in range(3)]\n"
        "    sys.modules.setdefault('kept', []).append(objects)\n    assert add(id(objects[0]) // 16, 0) % 2\n",
        "import os\ndef test_a():\n    assert add(not os.path.exists('mine'), 0)\n    open('mine', 'w').close()\n",
    ],
    ids=["random", "time", "id", "a file left behind"],
)
def test_what_changes_from_run_to_run_is_flaky(test):
    found = score(test, repeats=30)
    assert found.outcome == "flaky" and not any(found.killed)


def test_the_order_of_a_set_of_strings_is_flaky():
    order = call_values(UNIQUE, [f"unique({ITEMS})"])[0]
    test = f"def test_unique():\n    assert unique({ITEMS}) == {order}\n"
    assert score(test, UNIQUE).outcome == "flaky"
    steady = f"def test_unique():\n    assert sorted(unique({ITEMS})) == {sorted(ITEMS)}\n"
    assert score(steady, UNIQUE, mutants=[["def unique(items):\n    return []\n"]]).outcome == "passes"


def test_a_seed_makes_chance_steady():
    function = "import random\ndef pick(items, seed):\n    random.seed(seed)\n    return random.choice(items) + 1\n"
    value = call_values(function, ["pick([1, 2, 3], 0)"])[0]
    assert score(f"def test_pick():\n    assert pick([1, 2, 3], 0) == {value}\n", function).outcome == "passes"


# --- Hostile tests ---

FORGED = """
import sys
def test_add():
    frame = sys._getframe()
    while frame and "{name}" not in frame.f_{space}:
        frame = frame.f_back
    frame.f_{space}["{name}"]{change}
    assert add(1, 2) == 4
"""
HOSTILE = {
    "loop": "while True: pass",
    "exit": "import os; os._exit(0)",
    "sys.exit": "import sys; sys.exit(0)",
    "sleep": "import time; time.sleep(1000)",
    "deaf": "import signal as s\nfor n in (s.SIGPROF, s.SIGVTALRM): s.signal(n, s.SIG_IGN)\nwhile True: pass",
    "memory": "x = []\nwhile True: x.append(bytearray(10_000_000))",
    "recursion": "def f(n): return f(n + 1) + 1\nf(0)",
    "flood": "import os\nwhile True: os.write(1, b'x' * 60_000)",
    "print": "print('[[[0, true]], \"\", true]'); print({'reports': [[[[0, True]], '', True]]}); assert add(1, 2) == 4",
    "builtins": "import builtins as b\nfor n in ('bool', 'any', 'issubclass'): setattr(b, n, lambda *_: True)",
    "channel": "import os\nfor n in range(3, 20):\n  try: os.write(n, b'\\n0 ok {}\\n')\n  except OSError: pass\nassert add(1, 2) == 4",  # noqa: E501
}  # fmt: skip
HOSTILE = {name: words(text) for name, text in HOSTILE.items()} | {
    "exit at once": "import os; os._exit(0)\n" + GOOD,
    "extra verdict": FORGED.format(name="found", space="locals", change=".verdicts[7] = True"),
    "odd verdict": FORGED.format(name="found", space="locals", change=".verdicts[0] = 'True'"),
    "submit": FORGED.format(name="submit", space="globals", change="({'reports': [[[[0, True]], '', True]]})"),
}  # fmt: skip
PROTECTED = {
    "fork bomb": words("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
    "delete": words("import shutil\nshutil.rmtree(PLACE, ignore_errors=True)\nopen(PLACE + '/new', 'w')"),
}


def test_hostile_tests_change_no_score_but_their_own(tmp_path):
    (tmp_path / "kept").write_text("kept")
    hostile = dict(HOSTILE)
    if all(sandbox.protections()[name].enforced for name in ("processes", "writing", "memory")):
        hostile |= {name: text.replace("PLACE", repr(str(tmp_path))) for name, text in PROTECTED.items()}
    else:
        hostile.pop("memory")
    tests = [text for bad in hostile.values() for text in (bad, GOOD)]
    found = score_tests([ADD] * len(tests), tests, seconds=1, workers=3, coverage=True)
    assert set(found[1::2]) == {score(GOOD, coverage=True)}
    outcomes = {name: each.outcome for name, each in zip(hostile, found[::2], strict=True)}
    own = {name: outcome for name, outcome in outcomes.items() if outcome != "passes"}
    assert set(outcomes) - set(own) <= {"builtins"}  # which runs to its end, and harms nobody
    assert outcomes["extra verdict"] == outcomes["odd verdict"] == "meddles"
    assert {own[name] for name in ("exit", "exit at once", "submit")} == {"does not run"}
    assert {own[name] for name in ("loop", "sleep", "deaf")} == {"times out"}
    assert {own[name] for name in ("print", "channel")} == {"fails"}
    assert (tmp_path / "kept").read_text() == "kept" and os.listdir(tmp_path) == ["kept"]


def test_other_builtins_change_no_verdict():
    other = "    import builtins\n    for name in ('any', 'bool', 'issubclass', 'sorted', 'max'):\n"
    other += "        setattr(builtins, name, lambda *_: True)\n"
    found = [
        score(f"def test_a():\n{other}    assert {condition}\n") for condition in ("add(1, 2) == add(1, 2)", "add(1)")
    ]
    assert [one.outcome for one in found] == ["passes but kills nothing", "does not run"]


def test_scores_are_the_same_for_any_number_of_workers():
    tests = [GOOD, "", words("1 / 0"), HOSTILE["extra verdict"], HOSTILE["exit"], words("print('x' * 100_000)")] * 2
    first = score_tests([ADD] * 12, tests, coverage=True, workers=1)
    assert first == score_tests([ADD] * 12, tests, coverage=True, workers=4)
    assert first[:6] == first[6:]


# --- Coverage, counted by hand ---

GRADE = '''
def grade(points, bonus=(
        0)):
    """A docstring is no statement."""
    if (points >
            10):
        return "high"
    total = sum(
        [bonus for _ in range(2)]
    )
    for _ in range(points): total += 1
    while total > 3:
        total -= 3
        if total == 2: return "two"
    try:
        return ["none", "low"][total]
    except IndexError:
        pass
    return "odd"
'''
# Statements, by their first lines: if, return, total, for, while, total, if, try, return, except, pass, return: 12.
# Branches: two each of `if (points`, `while`; the others have their body on the same line.


@pytest.mark.parametrize(
    ("calls", "statements", "branches"),
    [
        (["grade(11) == 'high'"], 2, 1),
        (["grade(0) == 'none'"], 6, 2),
        (["grade(11) == 'high'", "grade(0) == 'none'"], 7, 3),
        (["grade(2) == 'odd'"], 9, 2),
        (["grade(4) == 'low'"], 8, 3),
        (["grade(4) == 'low'", "grade(2) == 'odd'", "grade(11) == 'high'"], 12, 4),
        (["grade('a') == 'odd'"], 1, 0),
    ],
)
def test_coverage_by_hand(calls, statements, branches):
    test = "def test_grade():\n" + "".join(f"    assert {call}\n" for call in calls)
    found = score(test, GRADE, coverage=True, mutants=[[]])
    assert (found.coverage, found.branch_coverage) == (statements / 12, branches / 4)


def test_coverage_of_generators_nested_functions_and_endless_loops():
    function = "def f(n):\n    def g():\n        return 1\n    while True:\n        yield n\n        if n > 1:\n"
    function += "            return\n        n += 1\n"
    found = score("def test_f():\n    assert next(f(0)) == 0\n", function, coverage=True)
    assert (found.coverage, found.branch_coverage) == (3 / 7, 0)
    found = score("def test_f():\n    assert list(f(0)) == [0, 1, 2]\n", function, coverage=True)
    assert (found.coverage, found.branch_coverage) == (6 / 7, 1)
    found = score("def test_f():\n    assert f(1) == 1\n", "def f(n): return n\n", coverage=True)
    assert (found.coverage, found.branch_coverage) == (1, None)


def test_coverage_of_a_test_that_fails_and_of_none():
    found = score_tests([ADD] * 2, ["def test_a():\n    assert add(1, 2) == 4\n", ""], coverage=True)
    assert [one.coverage for one in found] == [1.0, None]


# --- Values, and bad input ---


def test_call_values():
    calls = ["add(1, 2)", "add(1)", "add('a', 'b')", "1 +", "max(n for n in iter(int, 1))" if LINUX else "1"]
    assert call_values(ADD, calls)[:4] == ["3", "TypeError", "'ab'", "SyntaxError"]
    assert call_values("import os\ndef f():\n    os._exit(0)\n", ["f()"]) == []


def test_nothing_to_score():
    assert score_tests([], []) == []
    assert TestScore(Outcome.FAILS).mutation_score is None


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (([ADD], []), {}, "1 functions, 0 tests"),
        (([ADD], [GOOD]), {"mutants": []}, "0 lists of mutants"),
        (([ADD], [GOOD]), {"mutants": [ADD]}, "list of texts as mutants"),
        (([ADD], [GOOD]), {"mutants": [3]}, "list of texts as mutants"),
        ((ADD, [GOOD]), {}, "list of texts as functions"),
        (([ADD], [None]), {}, "list of texts as tests"),
        ((["def f(:"], [GOOD]), {}, "does not parse"),
        ((["x = 1"], [GOOD]), {}, "no function"),
        (([ADD], [GOOD]), {"names": ["sub"]}, "no function 'sub'"),
        (([ADD], [GOOD]), {"repeats": 0}, "repeats=0"),
        (([ADD], [GOOD]), {"seconds": 0}, "cannot be"),
        (([ADD], [GOOD]), {"workers": 0}, "worker"),
    ],
)
def test_bad_input_is_one_clear_error(arguments, settings, message):
    with pytest.raises(CourseError, match=message):
        score_tests(*arguments, **settings)
