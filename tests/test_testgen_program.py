"""The program that writes tests: what it pins, what it refuses to pin, and what hostile functions do to it."""

import ast
import os
import re
import subprocess
import sys
import textwrap
import time

import pytest

from helpers import sandbox
from helpers.course import ROOT
from helpers.metrics import Outcome, score_tests
from helpers.testgen import arguments, assertions, kinds, observe, program, proposals

SLOW, AGAIN, OUTSIDE = "come back", "called again", "touches the outside"
PARSE = '''
def parse_duration(text):
    """Seconds in a text such as "1h30m".

    >>> parse_duration("1h30m")
    5400
    """
    total, number = 0, ""
    for letter in text:
        if letter.isdigit():
            number += letter
        elif letter in "hms" and number:
            total += int(number) * {"h": 3600, "m": 60, "s": 1}[letter]
            number = ""
        else:
            raise ValueError(f"no duration: {text!r}")
    if number:
        raise ValueError("a unit is missing")
    return total
'''


def body(text):
    """The text of a function `f(x)` with this body."""
    return "def f(x):\n" + textwrap.indent(text, "    ") + "\n"


def seen(function, *calls, name="f", **settings):
    """[(form, text), ...] of the calls."""
    return [(one.form, one.text) for one in observe.observe(function, name, calls, **settings)]


def passes(function, written, name):
    """Whether a test holds when it is scored by itself."""
    (score,) = score_tests([function], [written.test], names=[name])
    assert score.outcome in (Outcome.PASSES, Outcome.KILLS_NOTHING), (written.test, score.why)
    return score.outcome == Outcome.PASSES


# --- Planted functions, and what is written for them ---


PLANTED = [
    ("def f(a, b):\n    return a + b\n", ["f(1, 2)"], "assert f(1, 2) == 3"),
    (body("return x > 2"), ["f(3)"], "assert f(3) is True"),
    (body("return None if x else 1"), ["f(1)"], "assert f(1) is None"),
    (body("return x / 3"), ["f(1)"], "import pytest\nassert f(1) == pytest.approx(0.3333333333333333)"),
    (body("return {'a': [x / 2], 'b': (x, 1j)}"), ["f(1)"], "import pytest\nassert f(1) == {'a': [pytest.approx(0.5)], 'b': (1, pytest.approx(1j))}"),  # noqa: E501
    (body("return x * float('inf')"), ["f(-1)"], "assert f(-1) == float('-inf')"),
    (body("return {one.lower() for one in x}"), ["f(['B', 'a'])"], "assert f(['B', 'a']) == {'a', 'b'}"),
    (body("return set(), frozenset(x), (x[0],)"), ["f([1])"], "assert f([1]) == (set(), frozenset({1}), (1,))"),
    (body("return {one: x.count(one) for one in x}"), ["f('aba')"], "assert f('aba') == {'a': 2, 'b': 1}"),
    ("import collections\n" + body("return collections.Counter(x)"), ["f('aba')"], "assert f('aba') == {'a': 2, 'b': 1}"),  # noqa: E501
    ("import collections\n" + body("return collections.deque([x])"), ["f(1)"], "from collections import deque\nassert f(1) == deque([1])"),  # noqa: E501
    ("import fractions\n" + body("return fractions.Fraction(x, 3)"), ["f(1)"], "from fractions import Fraction\nassert f(1) == Fraction(1, 3)"),  # noqa: E501
    ("import datetime\n" + body("return x + datetime.timedelta(1)"), ["f(datetime.date(2024, 2, 28))"], "import datetime\nassert f(datetime.date(2024, 2, 28)) == datetime.date(2024, 2, 29)"),  # noqa: E501
    ("import datetime as d\n" + body("return d.datetime.fromtimestamp(x, d.timezone.utc)"), ["f(0)"], "import datetime\nassert f(0) == datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"),  # noqa: E501
    (body("return x + chr(0xd800)"), ["f('é')"], r"assert f('é') == 'é\ud800'"),
    (body("x.sort()"), ["f([2, 1])"], "given = [2, 1]\nf(given)\nassert given == [1, 2]"),
    ("def f(k, x):\n    x[k] = len(x) / 2\n", ["f(1, {'a': 'b'})"], "import pytest\ngiven = {'a': 'b'}\nf(1, given)\nassert given == {'a': 'b', 1: pytest.approx(0.5)}"),  # noqa: E501
    (body("for one in range(x):\n    yield one * one"), ["f(3)"], "assert list(f(3)) == [0, 1, 4]"),
    (body("while True:\n    yield x\n    x += 1"), ["f(3)"], "from itertools import islice\nassert list(islice(f(3), 6)) == [3, 4, 5, 6, 7, 8]"),  # noqa: E501
    ("import itertools\n" + body("return itertools.count(x)"), ["f(3)"], "from itertools import islice\nassert list(islice(f(3), 6)) == [3, 4, 5, 6, 7, 8]"),  # noqa: E501
    (body("if x < 0:\n    raise ValueError(x)\nreturn x"), ["f(-1)"], "import pytest\nwith pytest.raises(ValueError):\n    f(-1)"),  # noqa: E501
    (body("if x < 0:\n    raise ValueError(x)\nyield x"), ["f(-1)"], "import pytest\nwith pytest.raises(ValueError):\n    list(f(-1))"),  # noqa: E501
    ("def f(a, /, b=2, *args, c, d=4, **more):\n    return a, b, args, c, d, more\n", ["f(1, c=3)"], "assert f(1, c=3) == (1, 2, (), 3, 4, {})"),  # noqa: E501
    ("import functools\n@functools.lru_cache\n" + body("return x + 1"), ["f(1)"], "assert f(1) == 2"),
]  # fmt: skip


def numbered(text, number):
    """A text with another name for the function `f`."""
    return re.sub(r"\bf\(", f"f{number}(", text)


@pytest.fixture(scope="module")
def planted():
    """What was written for each planted function, under a name of its own; all at once, which is faster."""

    def work(number):
        function, calls, _ = PLANTED[number]
        calls = [numbered(call, number) for call in calls]
        return program.write(numbered(function, number), f"f{number}", calls=calls, scored=False)

    return sandbox.in_parallel(work, range(len(PLANTED)))


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[row[2] for row in PLANTED])
def test_a_planted_function_gets_this_test(number, planted):
    lines = planted[number].test.splitlines()
    lines = [line.removeprefix("    ") for line in lines if line and not line.startswith("def ")]
    assert lines == numbered(PLANTED[number][2], number).splitlines(), planted[number].observed


def test_the_tests_of_planted_functions_hold(planted):
    functions = "\n".join(numbered(row[0], number) for number, row in enumerate(PLANTED))
    (score,) = score_tests([functions], ["\n".join(one.test for one in planted)], mutants=[[]])
    assert score.outcome == Outcome.KILLS_NOTHING and score.held == len(PLANTED), score.why


def test_several_changes_of_arguments_in_one_test():
    function = body("x.sort()\nif len(x) > 2:\n    x.pop()\nif len(x) == 1:\n    x.append(5)")
    calls = ["f([3, 1, 2])", "f([2, 1])", "f([7])", "f([])"]
    written = program.write(function, "f", calls=calls, scored=False)
    assert written.test.count("given = ") >= 2 and passes(function, written, "f")


def test_the_program_itself_finds_what_catches_most_mutants():
    function = body("if x < 0:\n    raise ValueError(x)\nreturn 'many' if x >= 7 else x * 2").replace(
        "x)", "x: int)", 1
    )
    written = program.write(function, "f", count=24, scored=False)
    (score,) = score_tests([function], [written.test])
    assert score.outcome == Outcome.PASSES and score.mutation_score >= 0.8
    assert "'many'" in written.test and "pytest.raises(ValueError)" in written.test
    assert all(len(line) <= 120 for line in written.test.splitlines()) and score.assertions <= 6


def test_a_parser_is_tested_by_its_example_by_others_and_by_what_it_refuses():
    calls = [f"parse_duration({text!r})" for text in ("2s", "1h30m", "", "1", "h", "1h30x")]
    written = program.write(PARSE, "parse_duration", calls=calls)
    assert (
        "assert parse_duration('1h30m') == 5400" in written.test and "assert parse_duration('2s') == 2" in written.test
    )
    assert "with pytest.raises(ValueError):\n        parse_duration('1')" in written.test
    assert len(frozenset().union(*(one.killed for one in written.observed))) >= 10


def test_kills_are_those_of_the_score():
    """A mutant that raises, or gives an equal value of another type, makes no assertion false."""
    function = body("if x == 1:\n    return 1.0\nif x == 2:\n    return [1]\nif x == 3:\n    x.sort()\nreturn x * 2")
    mutants = [function.replace(*one) for one in (
        ("1.0", "1"), ("1.0", "2"), ("1.0", "1.0000000001"), ("[1]", "(one for one in [1])"), ("[1]", "[True]"),
        ("[1]", "[1] / 0"), ("[1]", "None"), ("x * 2", "x * 3"), ("x * 2", "None"), ("if x", "if ("),
    )]  # fmt: skip
    found = observe.observe(function, "f", ["f(1)", "f(2)", "f(4)"], mutants)
    scores = [
        score_tests([function], [assertions.test_text("f", [one])], mutants=[mutants])[0].killed
        for one in found  # each alone
    ]
    assert [[number in one.killed for number in range(len(mutants))] for one in found] == [list(one) for one in scores]
    assert [sorted(one.killed) for one in found] == [[1], [3, 6], [7, 8]]


def test_a_mutant_that_ends_its_process_takes_no_other_with_it():
    function = body("return x + 1")
    mutants = [
        "import os\n" + body("os._exit(0)"),
        body("return x"),
        "(",
        body("return 1 / 0"),
    ]
    assert [sorted(one.killed) for one in observe.observe(function, "f", ["f(1)", "f(2)"], mutants)] == [[1], [1]]


# --- What is not pinned, and why ---


REFUSED = [
    ("count = 0\ndef f(x):\n    global count\n    count += 1\n    return count\n", AGAIN),
    ("first = True\ndef f(x):\n    global first\n    before, first = first, False\n    return x if before else x + 1\n", AGAIN),  # noqa: E501
    ("calls = iter(range(100))\ndef f(x):\n    return next(calls) % 3 == 0\n", AGAIN),
    ("import random\n" + body("return random.random()"), AGAIN),
    ("import random\n" + body("return 1 if random.random() < 0.999 else 2"), "chance"),
    (body("return list({'a', 'b'})"), "another process"),  # the first two orders that are tried are the same
    (body("return hash('a')"), "another process"),
    (body("return id(object())"), "another"),
    (body("return repr(f)"), "another one elsewhere"),
    (body("try:\n    return f(x) + 1\nexcept RecursionError:\n    return 0"), "another process"),
    ("import time\n" + body("return int(time.time()) // 10**9"), OUTSIDE),
    ("import datetime\n" + body("return datetime.date.today().year - x"), OUTSIDE),
    ("from datetime import datetime\n" + body("return datetime.fromtimestamp(x).hour"), OUTSIDE),
    ("import os\n" + body("return os.environ.get('NO_SUCH_THING', x)"), OUTSIDE),
    ("import os\n" + body("return os.path.exists('/etc/passwd')"), OUTSIDE),
    (body("try:\n    open('a.py').read()\nexcept BaseException:\n    pass\nreturn x"), OUTSIDE),
    (body("with open('written', 'w') as file:\n    file.write('a')\nreturn x"), OUTSIDE),
    ("import socket\n" + body("try:\n    socket.socket()\nexcept OSError:\n    pass\nreturn x"), OUTSIDE),
    ("from time import sleep\n" + body("sleep(100)\nreturn x"), OUTSIDE),
    ("import threading, time\n" + body("threading.Thread(target=lambda: time.sleep(99)).start()\nreturn x"), OUTSIDE),
    (body("try:\n    return input()\nexcept EOFError:\n    return x"), OUTSIDE),
    ("import sys\n" + body("return sys.stdin.read()"), OUTSIDE),
    ("import sys\n" + body("sys.exit(0)"), "ends the program"),
    (body("raise KeyboardInterrupt"), "ends the program"),
    ("import os\n" + body("os._exit(0)"), "process down"),
    ("import atexit, os\n" + body("atexit.register(os._exit, 3)\nreturn x"), "process down"),
    (body("return len([0] * 10**10)"), "memory"),
    ("kept = []\n" + body("kept.append(bytearray(10**8))\nreturn x"), "memory"),
    (body("return f(x)"), "recurses"),
    (body("while True:\n    pass"), SLOW),
    (body("try:\n    while True:\n        pass\nexcept BaseException:\n    return x"), SLOW),
    (body("yield x\nwhile True:\n    pass"), SLOW),
    (body("while True:\n    try:\n        while x:\n            pass\n    except BaseException:\n        pass"), SLOW),
    (body("return sum(range(10**13))"), SLOW),
    ("import threading\n" + body("lock = threading.Lock()\nlock.acquire()\nlock.acquire()"), SLOW),
    (body("return [x] * 100"), "too long"),
    (body("return 'x' * 10**7"), "too long"),
    (body("return 10**6000"), "too long"),
    (body("kept = []\nfor _ in range(9999):\n    kept = [kept]\nreturn kept"), "nested"),
    (body("return float('nan')"), "nan"),
    ("import decimal\n" + body("return decimal.Decimal('sNaN')"), "no short text"),
    (body("return {0.1}"), "floats"),
    (body("return lambda: x"), "function"),
    ("class A(int):\n    __eq__ = lambda *a: False\n    __hash__ = int.__hash__\n" + body("return [A(x)]"), "no short text"),  # noqa: E501
    ("class A:\n    __eq__ = lambda *a: True\n    __repr__ = lambda self: '1'\n" + body("return A()"), "no short text"),
    ("class M(type):\n    def __getattr__(cls, name):\n        raise SystemExit\nclass A(metaclass=M):\n    pass\n" + body("return A()"), "ends the program"),  # noqa: E501
    (body("return {}[x]"), "on purpose"),
    (body("return int('a')  # raise ValueError"), "on purpose"),
    ("class Bad(Exception):\n    pass\n" + body("raise Bad(x)"), "only its module knows"),
    ("class ValueError(Exception):\n    pass\n" + body("raise ValueError(x)"), "only its module knows"),
]  # fmt: skip


@pytest.fixture(scope="module")
def refused():
    """For each of these functions why its calls are not pinned; all at once. One call is enough where each is slow."""
    return sandbox.in_parallel(lambda row: seen(row[0], "f(1)", *["f(2)"] * (row[1] != SLOW)), REFUSED)


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[row[0] for row in REFUSED])
def test_a_result_that_another_run_may_not_give_is_not_pinned(number, refused):
    assert {form for form, _ in refused[number]} == {"no"}
    assert REFUSED[number][1] in " / ".join(text for _, text in refused[number])


STEADY = [
    "import functools\n@functools.cache\n" + body("return x + 1"),
    "known = {}\n" + body("if x not in known:\n    known[x] = x + 1\nreturn known[x]"),
    "calls = []\n" + body("calls.append(x)\nreturn x + 1"),
    "import random\n" + body("random.seed(x)\nrandom.random()\nreturn x + 1"),
    "import random\n" + body("random.Random(3).random()\nreturn x + 1"),
    body("import decimal, asyncio, colorsys, xml.dom.minidom\nreturn x + 1"),
    body("'a'.encode('idna')\nreturn x + 1"),
    body("print('a' * 100_000)\nreturn x + 1"),
    "import os, re\n" + body("return os.path.join('a', 'b') and re.sub('a', 'b', 'c') and x + 1"),
    body("return sorted({'a': 1, 'b': 2}.items()) and len({'c', 'd'}) and x + 1"),
]


def test_what_a_function_remembers_imports_or_prints_does_not_matter_where_its_results_are_the_same():
    found = sandbox.in_parallel(lambda function: seen(function, "f(1)", "f(2)"), STEADY)
    assert {text: one for text, one in zip(STEADY, found, strict=True) if one != [("==", "2"), ("==", "3")]} == {}


def test_a_function_that_is_only_different_the_first_time_is_seen_among_many_calls():
    function = "first = True\ndef f(x):\n    global first\n    before, first = first, False\n    return x + before\n"
    assert set(seen(function, *[f"f({number})" for number in range(40)])) == {
        ("no", "it gives another result when it is " + AGAIN)
    }


def test_one_bad_call_does_not_hide_the_others():
    function = "import os\n" + body(
        "if x == 1:\n    os._exit(0)\nif x == 2:\n    open('a')\nwhile x == 3:\n    pass\nreturn x"
    )
    found = seen(function, "f(0)", "f(1)", "f(2)", "f(3)", "f(4)", "f(*[5])", "g(6)", "f(7) + 1", "f(", "f(y)")
    assert found[0] == ("==", "0") and found[4] == ("==", "4")
    for number, why in {1: "process down", 2: OUTSIDE, 3: SLOW, 5: "no plain call", 7: "no plain call"}.items():
        assert why in found[number][1]
    assert [form for form, _ in found[5:]] == ["no"] * 5


TROUBLED = [
    ("import os\nos._exit(0)\n" + body("return x"), "process down"),
    ("raise SystemExit\n" + body("return x"), "cannot be imported: SystemExit"),
    ("import not_there\n" + body("return x"), "cannot be imported: ModuleNotFoundError"),
    ("import threading, time\nthreading.Thread(target=time.sleep, args=[99]).start()\n" + body("return x"), OUTSIDE),  # noqa: E501
    (body("return x") + "f = 3\n", "does not define it"),
    ("def f(x:\n", "does not parse"),
    ("def f(x):\n    return '\0'\n", "does not parse"),
    ("def f(x):\n    return '\ud800'\n", "does not parse"),
    ("x = " + "-" * 5000 + "1\n" + body("return x"), "does not parse"),
    ("async def f(x):\n    return x\n", "no plain function"),
    ("class A:\n    def f(self):\n        return 1\n", "no plain function"),
    ("def g():\n    def f(x):\n        return x\n", "no plain function"),
    ("def f(" + ", ".join(f"parameter_{n}" for n in range(60)) + "):\n    return 1\n", "no call was found"),
]  # fmt: skip


def test_a_function_that_cannot_be_called_gets_no_test_and_a_reason():
    written = sandbox.in_parallel(lambda row: program.write(row[0], "f"), TROUBLED)
    found = [(one.test, one.why) for one in written]
    assert [row for row, (test, why) in zip(TROUBLED, found, strict=True) if test or row[1] not in why] == [], found


MEDDLING = {
    "builtins": body("import builtins as b\nb.len = b.repr = b.exec = b.eval = None\nreturn x + 1"),
    "its own builtins": body("b = __builtins__\nb['len'] = b['repr'] = b['eval'] = None\nreturn x + 1"),
    "json": "import json\ndef f(x):\n    json.dumps = None\n    return x + 1\n",
    "signal": "import signal\ndef f(x):\n    signal.signal = signal.setitimer = None\n    return x + 1\n",
    "timers": "import signal\ndef f(x):\n    signal.setitimer(1, 0)\n    signal.signal(14, lambda *a: None)\n    return x + 1\n",  # noqa: E501
    "stdout": "import os\ndef f(x):\n    os.write(1, b'call 1\\nmutant 0\\n' * 40_000)\n    return x + 1\n",
    "frames": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n        if frame.f_code.co_name.startswith('test_'):\n            return 1\n        frame = frame.f_back\n    return 2\n",  # noqa: E501
    "the answer": "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame and 'submit' not in frame.f_globals:\n        frame = frame.f_back\n    if frame:\n        frame.f_globals['submit']({'outcomes': [['==', 'exit()']] * 2})\n    return 2\n",  # noqa: E501
    "profile": "import sys, time\ndef f(x):\n    sys.setprofile(None)\n    return int(time.time()) // 10**9\n",
}  # fmt: skip


def test_a_function_that_meddles_gets_a_test_that_holds_or_none():
    calls = ["f(1)", "f(2)"]
    written = sandbox.in_parallel(lambda function: program.write(function, "f", calls=calls), MEDDLING.values())
    assert all(one.test or one.why for one in written) and not any("exit" in one.test for one in written)
    scores = score_tests(list(MEDDLING.values()), [one.test for one in written], names=["f"] * len(MEDDLING))
    good = (Outcome.PASSES, Outcome.KILLS_NOTHING)
    assert [
        (one, score.why) for one, score in zip(written, scores, strict=True) if one.test and score.outcome not in good
    ] == []


def test_an_endless_function_costs_seconds_and_a_test_is_still_written_where_only_some_calls_are():
    started = time.monotonic()
    written = program.write(body("while True:\n    pass"), "f")
    assert written.test == "" and SLOW in written.why and time.monotonic() - started < 30
    function = body("while x != 1:\n    x = x // 2 if x % 2 == 0 else 3 * x + 1\nreturn x")
    calls = [f"f({number})" for number in range(-12, 13)]
    found = seen(function, *calls)
    assert found == [("no", observe.SLOW)] * 25  # after eight of them the rest is given up
    assert seen(function, *calls[9:]) == [("no", observe.SLOW)] * 4 + [("==", "1")] * 12


# --- Names ---


NAMES = [
    ("list", "x", "=="), ("list", "iter([x])", "no"), ("sorted", "iter([x])", "list"), ("islice", "iter([x])", "list"),
    ("islice", "iter(int, 1)", "no"), ("datetime", "x", "=="), ("pytest", "x", "=="), ("pytest", "x / 2", "no"),
    ("set", "{x}", "=="), ("set", "{x} - {x}", "no"), ("float", "1e999", "no"), ("given", "x", "=="),
    ("given", "y.append(x)", "no"), ("raises", "y.append(x)", "changes"), ("test_x", "x", "=="),
    ("_private_", "x", "=="), ("größe", "x", "=="), ("ValueError", "x", "=="),
]  # fmt: skip


@pytest.fixture(scope="module")
def named():
    functions = [f"def {name}(x, y):\n    return {result}\n" for name, result, _ in NAMES]
    names = [name for name, _, _ in NAMES]
    rows = list(zip(functions, names, strict=True))
    written = sandbox.in_parallel(lambda row: program.write(*row, calls=[f"{row[1]}(1, [2])"], scored=False), rows)
    scores = score_tests(functions, [one.test for one in written], mutants=[[]] * len(rows), names=names)
    return list(zip(written, scores, strict=True))


@pytest.mark.parametrize("number", range(len(NAMES)), ids=[" ".join(row) for row in NAMES])
def test_names_that_a_test_uses_for_something_else(number, named):
    written, score = named[number]
    assert [one.form for one in written.observed] == [NAMES[number][2]]
    if NAMES[number][2] == "no":
        assert written.test == "" and written.why == observe.NAMED
    else:
        assert score.outcome == Outcome.KILLS_NOTHING, (written.test, score.why)


def test_names_that_the_module_uses_for_something_else():
    function = "list = pytest = None\n" + body("return iter([x / 2])")
    assert seen(function, "f(1)") == [("no", "it gives another result in another process")]
    function = "from datetime import datetime, date\npytest = None\n" + body("return x.day / 2")
    written = program.write(function, "f", calls=["f(datetime.date(2024, 1, 3))"], scored=False)
    assert "approx(1.5)" in written.test
    passes(function, written, "f")


def test_two_underscores_hide_a_function_from_tests():
    assert "does not run" in program.write("def __f(x):\n    return x + 1\n", "__f", calls=["__f(1)"]).why


# --- Calls ---


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("f(1)", "f(1)"),
        ("list(f(1))", "f(1)"),
        ("f(f(1), key=lambda x, *y: x)", "f(f(1), key=lambda x, *y: x)"),
        ("f([x for x in range(3)])", "f([x for x in range(3)])"),
        ("f(datetime.date(2024, 1, 1))", "f(datetime.date(2024, 1, 1))"),
        ("f('a'.upper())", "f('a'.upper())"),
        ("f(y)", None),
        ("f(open('a'))", None),
        ("f(__import__('os').remove('a'))", None),
        ("f(().__class__.__base__)", None),
        ("f(x := 3)", None),
        ("f((yield))", None),
        ("f(*[1])", None),
        ("f(**{'a': 1})", None),
        ("f(1) + 1", None),
        ("g(1)", None),
        ("a.f(1)", None),
        ("f(", None),
        ("f('\0')", None),
        ("f('\ud800')", None),
        (f"f({'1' * 200})", None),
        ("f(" + "(" * 400, None),
    ],
)
def test_only_a_call_whose_arguments_are_plain_is_proposed(text, call):
    assert proposals.call_in(text, "f") == call


def test_a_function_called_list_keeps_its_examples():
    assert proposals.call_in("list([1])", "list") == "list([1])"


@pytest.mark.parametrize(
    "doc",
    [
        ">>>f(1)\n2",
        ">>> f(1) # doctest: +NOPE\n2",
        "  >>> f(1)\n 2",
        ">>> f(\n",
        "f(" * 100_000,
        "f((((((((((" * 10_000 + ")" * 10_000,
        ">>> f(__import__('os').system('ls'))\n0",
    ],
)
def test_a_malformed_or_endless_docstring_is_no_trouble(doc):
    function = f"def f(x):\n    {('text' + chr(10) + doc)!r}\n    return x + 1\n"
    started = time.monotonic()
    calls = proposals.proposals(function, "f", 8)
    assert len(calls) == 8 and "import" not in "".join(calls) and time.monotonic() - started < 10


def test_examples_come_first_and_calls_of_others_are_checked():
    assert proposals.proposals(PARSE, "parse_duration", 5)[0] == "parse_duration('1h30m')"
    function = body("return x + 1")
    calls = ["f(1)", "print(f(2))", "f(open('/etc/passwd').read())", "f(1)", None, "f(3"]
    assert [one.call for one in program.write(function, "f", calls=calls).observed] == ["f(1)"]
    also = program.write(function, "f", count=3, also=["f(1000)", "f(y)"], scored=False).observed
    assert [one.call for one in also][-1] == "f(1000)" and len(also) == 4


def test_a_literal_type_hint_is_no_way_to_run_code():
    function = "def f(x: Literal[__import__('os').getpid()]):\n    return 1\n"
    assert not any("import" in call for call in proposals.proposals(function, "f"))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("def f(x: int): pass", ["int"]),
        ("def f(x: 'list[str] | None'): pass", ["list text", "none"]),
        ("def f(x: Optional[typing.Sequence[int]]): pass", ["list int", "none"]),
        ("def f(x: list[tuple[int, int]]): pass", ["matrix"]),
        ("def f(x: Literal['a', 2]): pass", ["literal 'a'", "literal 2"]),
        ("def f(x: Tuple[()]): pass", None),
        ("def f(x: 'int |'): pass", None),
        ("def f(x: 'a' 'b'): pass", None),
        ("def f(x: '\\0'): pass", None),
        ("def f(x=-1): pass", ["int"]),
        ("def f(x=0.5): pass", ["float"]),
        ("def f(x): return x.upper()", ["text"]),
        ("def f(x): return x in ('r', 'w')", ["text"]),
        ("def f(x): return x['a']", ["dict"]),
        ("def f(x): return isinstance(x, (bytes, dict))", ["bytes", "dict"]),
        ("def f(words): pass", ["list text"]),
        ("def f(whatever): pass", None),
    ],
)
def test_the_kind_of_a_parameter(function, expected):
    node = ast.parse(function).body[0]
    ((parameter, default),) = proposals.parameters(node)
    found = kinds.kinds_of(parameter, node, default)
    assert found if expected is None else found[: len(expected)] == expected


def test_arguments_of_every_kind_are_expressions_of_that_kind():
    import random

    types = {
        "int": int,
        "float": float,
        "text": str,
        "list int": list,
        "set text": set,
        "tuple float": tuple,
        "dict": dict,
    }
    types |= {"bool": bool, "bytes": bytes, "none": type(None)}
    rng = random.Random(0)
    constants = [3, 1e999, 0.25, "a{}b", b"x", "'"]
    for kind in [*kinds.EVERY, *types]:
        texts = {arguments.argument([kind], constants, rng) for _ in range(60)}
        assert all(proposals.call_in(f"f({text})", "f") for text in texts)
        assert len(texts) > 1 or kind == "none"
        if kind in types:
            assert {type(ast.literal_eval(text)) for text in texts} == {types[kind]}


def test_the_same_calls_whatever_else_is_loaded_and_in_whatever_order_sets_are():
    function = "def f(a: float, b: str, c: list[str], *d: int, e=None): pass"
    code = f"from helpers.testgen import proposals\nprint(proposals.proposals({function!r}, 'f', 60))"
    before = ["", "from helpers import cleaning, doctor, reviews"]  # Hypothesis reads the constants in such modules
    texts = [
        subprocess.run(
            [sys.executable, "-c", f"{some}\n{code}"], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for some, seed in zip(before, "17", strict=True)
    ]  # fmt: skip
    assert texts[0] == texts[1] and texts[0].count("f(") == 60


def test_the_same_test_each_time():
    function = body("if x in ('a', 'b'):\n    raise ValueError\nreturn x.upper()")
    first, second = (program.write(function, "f", count=8, scored=False) for _ in range(2))
    assert first == second and "raises" in first.test
    assert len({tuple(proposals.proposals(function, "f", 8, seed)) for seed in (0, 0, 1)}) == 2


def test_the_commonest_reason_is_given_the_first_among_equals():
    made = [observe.Observed("f(1)", "no", why) for why in ("b", "a", "c", "c", "a")]
    assert program.why_not(made) == "a" and program.why_not([]) == "no call was found"


# --- Texts of tests ---


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("[1, -2.5, 'a', None, {'b': (True,)}]", True),
        ("pytest.approx(0.5)", True),
        ("(1+2j)", True),
        ("datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)", True),
        ("exit()", False),
        ("f", False),
        ("pytest.main()", False),
        ("datetime.datetime.now()", False),
        ("[x for x in (1,)]", False),
        ("(lambda: 1)()", False),
        ("'a'.join(())", False),
        ("1 if 2 else 3", False),
        ("(", False),
        ("\0", False),
        (7, False),
        (None, False),
    ],
)
def test_only_values_are_written_into_a_test(text, known):
    assert observe.is_value(text) is known


def test_few_assertions_that_each_catch_something_new_the_shortest_first():
    made = [observe.Observed(f"f({n})", "==", "1", frozenset(killed)) for n, killed in
            [(1, "a"), (22, "ab"), (3, "ab"), (4, ""), (5, "c"), (6, "d")]]  # fmt: skip
    made += [
        observe.Observed("f(7)", "no", "why"),
        observe.Observed(f"f({'8' * 99})", "==", "1" * 20, frozenset("xyz")),
    ]
    assert [one.call for one in assertions.chosen(made)] == ["f(3)", "f(5)", "f(6)"]
    assert [one.call for one in assertions.chosen(made, first=["f(22)"])] == ["f(22)", "f(5)", "f(6)"]
    assert [one.call for one in assertions.chosen(made, most=2)] == ["f(3)", "f(5)"]
    assert assertions.chosen(made[6:]) == [] and assertions.test_text("f", []) == ""
    quiet = [observe.Observed("f(1)", "is", "None"), observe.Observed("f([2])", "changes", [0, "[3]"])]
    assert assertions.chosen(quiet) == quiet[1:]


# --- Folders that a program may read ---


@pytest.fixture
def folders(tmp_path):
    """One with a module and a text; another with a text."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.txt").write_text("read me")
    (tmp_path / "open" / "shared_module.py").write_text("def double(x):\n    return 2 * x\n")
    return tmp_path / "open", tmp_path / "closed"


def attempt(statement):
    return f"try:\n    {statement}\n    submit('done')\nexcept OSError as error:\n    submit(type(error).__name__)\n"


def test_a_readable_folder_can_be_read_and_imported_from(folders):
    ended = sandbox.run(
        f"import shared_module\nsubmit([shared_module.double(4), open({str(folders[0] / 'text.txt')!r}).read()])",
        readable=[folders[0]],
    )
    assert ended.result == [8, "read me"]
    assert sandbox.run("import shared_module").status == "error"


@pytest.mark.parametrize(
    ("protection", "statement"),
    [
        ("reading", "open({closed!r} + '/text.txt').read()"),
        ("writing", "open({open!r} + '/new.txt', 'w')"),
        ("writing", "open({open!r} + '/text.txt', 'a')"),
        ("writing", "__import__('os').remove({open!r} + '/text.txt')"),
        ("writing", "__import__('os').rename({open!r} + '/text.txt', 'here.txt')"),
        ("writing", "__import__('os').mkdir({open!r} + '/folder')"),
    ],
)
def test_a_readable_folder_is_not_writable_and_opens_no_other(folders, protection, statement):
    if not sandbox.protections()[protection].enforced:
        pytest.skip("not on this system; the sandbox says so")
    places = {"open": str(folders[0]), "closed": str(folders[1])}
    assert sandbox.run(attempt(statement.format(**places)), readable=[folders[0]]).result == "PermissionError"
    assert sorted(path.name for path in folders[0].iterdir()) == ["shared_module.py", "text.txt"]
    assert (folders[0] / "text.txt").read_text() == "read me"


def test_tests_of_functions_that_import_from_a_readable_folder(folders):
    function = "import shared_module\n" + body("return shared_module.double(x) + 1")
    written = program.write(function, "f", calls=["f(2)"], readable=[folders[0]])
    assert "assert f(2) == 5" in written.test
    assert "ModuleNotFoundError" in program.write(function, "f", calls=["f(2)"]).why
    (score,) = score_tests([function], [written.test], readable=[str(folders[0])])
    assert score.outcome == Outcome.PASSES
