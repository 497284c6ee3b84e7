"""`python3 -m helpers testgen`: the files pass under pytest, nothing is written over, bad code is contained."""

import contextlib
import io
import subprocess
import sys
import textwrap

import pytest
from code_files import written

from helpers import commands, course, metrics, sandbox
from helpers.errors import CourseError
from helpers.testgen import findings, program, proposals, targets, testfile, tool
from helpers.testgen.observe import observe

PRICES = '''
"""Prices."""

from .money import RATE, as_text


def with_tax(cents: int) -> int:
    """Return an amount with tax.

    >>> with_tax(100)
    119
    """
    return cents + cents * RATE // 100


def label(cents: int) -> str:
    """Write an amount.

    >>> label(250)
    '3.50'
    """
    return as_text(cents)


def _private(x):
    return x
'''
MONEY = """
RATE = 19


class Currency:
    sign = "EUR"


def as_text(cents):
    return f"{cents // 100}.{cents % 100:02}"
"""


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "project" / "shop"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "prices.py").write_text(PRICES)
    (folder / "money.py").write_text(MONEY)
    return folder


def pytest_on(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix == ".py"}


def test_a_package_gets_tests_that_pass_and_a_second_run_changes_nothing(package, tmp_path, capsys):
    out = tmp_path / "made"
    assert tool.main(str(package), out) == tool.LOOKS_WRONG  # the second example does not hold
    said = capsys.readouterr().out
    assert "label(250) is documented to give '3.50', and gives '2.50'" in said
    assert "3 functions of 3 got a test" in said
    ran = pytest_on(out)
    assert ran.returncode == 0 and "3 passed" in ran.stdout, ran.stdout
    assert "_private" not in (out / "test_generated_shop_prices.py").read_text()
    before = everything(tmp_path)
    assert tool.main(str(package), out) == tool.LOOKS_WRONG
    assert everything(tmp_path) == before
    said = capsys.readouterr().out
    assert "3 functions have a test" in said and "left as it is" in said and "gives '2.50'" in said


def test_a_file_that_is_there_is_never_written_over(package, tmp_path):
    out = tmp_path / "made"
    out.mkdir()
    (out / "test_generated_shop_prices.py").write_text("# mine\n")
    (out / "conftest.py").write_text("# mine, too\n")
    tool.main(str(package), out)
    assert (out / "test_generated_shop_prices.py").read_text() == "# mine\n"
    assert (out / "conftest.py").read_text() == "# mine, too\n"
    assert (out / "test_generated_shop_money.py").exists()
    assert "def test_label" in (out / "test_generated_shop_prices_2.py").read_text()


def test_new_functions_get_a_file_of_their_own(package, tmp_path, capsys):
    out = tmp_path / "made"
    tool.main(str(package), out)
    (package / "prices.py").write_text(PRICES + "\n\ndef half(cents: int) -> int:\n    return cents // 2\n")
    before = everything(out)
    for _ in range(2):
        assert tool.main(str(package), out) == tool.LOOKS_WRONG
        new = everything(out)
        assert {path: text for path, text in new.items() if path in before} == before
        assert {path.name for path in new} - {path.name for path in before} == {"test_generated_shop_prices_2.py"}
    assert "import half\n" in (out / "test_generated_shop_prices_2.py").read_text()
    assert "1 functions of 4 got a test" in capsys.readouterr().out
    assert pytest_on(out).returncode == 0


HOSTILE = {
    "forever": "while True:\n        x += 1",
    "leaves": "import sys\n    sys.exit(0)",
    "prints": "print('x' * 100_000)\n    return x + 1",
    "writes": "open('/tmp/escaped', 'w').write('x')\n    return x + 1",
    "threads": "import threading\n    threading.Thread(target=lambda: list(iter(int, 1))).start()\n    return x",
    "kills": "import os\n    os.kill(os.getpid(), 9)",
    "calls": "import socket\n    socket.create_connection(('127.0.0.1', 80))\n    return 1",
    "grows": "return [0] * 10**10",
    "deep": "return deep(x + 1)",
    "changes": "global STATE\n    STATE += 1\n    return STATE",
}


def test_hostile_code_is_contained_and_told(tmp_path, capsys):
    module = "STATE = 0\n\n\n" + "\n\n\n".join(f"def {name}(x):\n    {body}" for name, body in HOSTILE.items())
    (tmp_path / "hostile.py").write_text(module + "\n\n\ndef kind(x):\n    return x + 1\n")
    assert tool.main(str(tmp_path / "hostile.py"), tmp_path / "made") == tool.LOOKS_WRONG
    said = capsys.readouterr().out
    assert "1 functions of 11 got a test" in said
    for name in HOSTILE:
        assert f"hostile.{name}: " in said
    assert "forever(" in said and "did not come back within 3 seconds" in said
    assert pytest_on(tmp_path / "made").returncode == 0


def test_what_gets_no_test_says_why(tmp_path, capsys):
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "two words.py").write_text("def f(x):\n    return x\n")
    (tmp_path / "json.py").write_text("def f(x):\n    return x\n")
    (tmp_path / "clocks.py").write_text(
        "import time\nimport nosuchpackage\n\n\ndef now():\n    return time.time()\n\n\n"
        "async def later(x):\n    return x\n"
        "\n\ndef needs(x):\n    return nosuchpackage.f(x)\n"
    )
    assert tool.main(str(tmp_path), tmp_path / "made") == tool.NOTHING_WRITTEN
    said = capsys.readouterr().out
    for reason in (
        "does not parse",
        "no name that Python can import",
        "of its own",
        "time.time",
        "async",
        "nosuchpackage",
    ):
        assert reason in said
    assert not (tmp_path / "made").exists()


def test_an_installed_module_is_found_without_importing_it(tmp_path):
    assert tool.main("textwrap", tmp_path / "made") in (0, tool.LOOKS_WRONG)
    ran = pytest_on(tmp_path / "made")
    assert ran.returncode == 0, ran.stdout
    assert not (tmp_path / "made" / "conftest.py").exists()


@pytest.mark.parametrize("path", ["nosuch.py", "nosuchmodule", "sys", "a/b", "json.nosuch"])
def test_a_path_that_leads_nowhere_ends_in_a_sentence(path, tmp_path):
    with pytest.raises(CourseError, match="no|built"):
        tool.check(path, tmp_path)


def test_an_empty_folder_and_a_file_as_out_end_in_a_sentence(tmp_path):
    with pytest.raises(CourseError, match="no Python file"):
        tool.check(str(tmp_path), tmp_path / "out")
    (tmp_path / "a.py").write_text("")
    with pytest.raises(CourseError, match="is a file"):
        tool.check(str(tmp_path), tmp_path / "a.py")
    with pytest.raises(CourseError, match="neither an adapter nor a model"):
        tool.model_calls(str(tmp_path))


def test_code_is_copied_for_the_sandbox_without_what_is_private(package, tmp_path):
    (package / ".env").write_text("KEY=secret")
    (package / "key.pem").write_text("secret")
    (package.parent / ".git").mkdir()
    (package.parent / ".git" / "x.py").write_text("")
    place = targets.locate(str(package))
    (folder,) = targets.staged(place, tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert names == {"__init__.py", "prices.py", "money.py"} and folder == str(tmp_path / "copy")


def test_calls_of_a_model_are_kept_and_its_values_are_not(monkeypatch):
    import helpers.models

    answers = ["```python\ndef test_f():\n    assert f(3) == 99\n    assert f(x) == 1\n```", "f(3) f(-4) g(5)"]
    monkeypatch.setattr(helpers.models, "generate", lambda model, tokenizer, asked, **_: [answers] * len(asked))
    target = targets.Target("m", "f", "def f(x):\n    return x\n", "def f(x):\n    return x\n", None)
    long = targets.Target("m", "f", "", "def f(x):\n    return x" + " + 1" * tool.LONGEST, None)
    assert tool.calls_of_model(None, None, [long, target], n=2) == [[], ["f(3)", "f(-4)"]]


def test_proposed_calls_are_used(tmp_path):
    (tmp_path / "codes.py").write_text(
        "def opens(code):\n    if code == 'x' + str(7 * 191):\n        return 1\n    return 0\n"
    )
    tool.main(str(tmp_path / "codes.py"), tmp_path / "made", lambda found, n: [["opens('x1337')"] for _ in found])
    assert "x1337" in (tmp_path / "made" / "test_generated_codes.py").read_text()


@pytest.mark.parametrize(
    ("docstring", "body", "found"),
    [
        (">>> f(1)\n    2", "return x + 1", []),
        (">>> f(1)\n    3", "return x + 1", ["f(1) is documented to give 3, and gives 2"]),
        (">>> f(3)\n    0.3333", "return 1 / x", ["f(3) is documented to give 0.3333, and gives 0.3333333333333333"]),
        (">>> f(3)\n    0.333333333", "return 1 / x", []),
        (">>> f(1)\n    {1: 2, 3: 4}", "return {3: 4, x: 2}", []),
        (">>> f(1)", "return None", []),
        (">>> f(0)\n    Traceback (most recent call last):\n    ValueError: no", "raise ValueError(x)", []),
        (">>> f(0)\n    Traceback (most recent call last):\n    ValueError: no", "return x",
         ["f(0) is documented to raise ValueError, and does not"]),
        (">>> list(f(0))\n    Traceback (most recent call last):\n    ValueError: no",
         "raise ValueError(x)\n    yield", []),
        (">>> f(0)\n    1", "return 1 // x",
         ["f(0) is documented to give 1, and raises ZeroDivisionError"]),
        (">>> f(0)\n    Traceback (most recent call last):\n    ValueError: no", "return {}[x]",
         ["f(0) is documented to raise ValueError, and raises KeyError"]),
        (">>> f(0)\n    Traceback (most recent call last):\n    a.b.ValueError: no", "raise ValueError(x)", []),
        (">>> f(1)", "return 2", []),
        (">>> f(1)\n    2", "return None", ["f(1) is documented to give 2, and gives nothing"]),
        (">>> f(0)\n    {'b', 'a'}", "return {'a', 'b'}", []),
        (">>> f(0)\n    \"a\"", "return 'a'", []),
        (">>> f(0)\n    <object object at 0x7f00>", "return object()", []),
        (">>> f(0)\n    3", "return object()", []),
        (">>> sorted(f(2))\n    [0, 2]", "return {x, 0}", []),
        (">>> sorted(f(2))\n    [0, 3]", "return {x, 0}",
         ["sorted(f(2)) is documented to give [0, 3], and gives [0, 2]"]),
        (">>> y = 2\n    >>> f(y)\n    3", "return x", ["f(y) is documented to give 3, and gives 2"]),
        (">>> y = 2\n    >>> y\n    3", "return x", []),
        (">>> f(9)  # doctest: +SKIP\n    3", "return x", []),
        (">>> f(range(20))\n    [0, 1, ..., 19]", "return list(x)", []),
        (">>> f([1,  2])\n    [1,\n     2]", "return x", []),
        (">>> f(unknown)\n    3", "return x", []),
        (">>> f(1)\n    3\n    >>> f(-1)\n    5", "while x < 0:\n        pass\n    return x",
         ["f(1) is documented to give 3, and gives 1", "f(-1) did not come back within 3 seconds"]),
    ],
)  # fmt: skip
def test_documented_examples_are_held_against_the_code(docstring, body, found):
    text = f'def f(x):\n    """Do it.\n\n    {docstring}\n    """\n    {body}\n'
    calls = [call for call, _ in targets_of(text)]
    assert findings.suspicious(text, "f", observe(text, "f", calls)) == found


def targets_of(text):
    return proposals.documented(text, "f")


# --- Modules that make a file of good tests fail ----------------------------------------------------------------------


AWKWARD = {
    "script.py": "import sys\n\n\ndef double(x: int) -> int:\n    return 2 * x\n\n\nsys.exit(double(1))\n",
    "needs.py": "import os\n\nURL = os.environ['NO_SUCH_URL']\n\n\ndef triple(x: int) -> int:\n    return 3 * x\n",
    "endless.py": "def four(x: int) -> int:\n    return 4 * x\n\n\nwhile True:\n    pass\n",
    "replaced.py": """
        def inc(x: int) -> int:
            return x + 1
        def dec(x: int) -> int:
            return x - 1
        def kept(x: int) -> int:
            return x - 3
        def as_text(f):
            return lambda x: str(f(x))
        inc = as_text(inc)
        del dec
        """,
    "shadow.py": """
        def list(items: str) -> int:
            return len(items)
        def set(name: str) -> str:
            return name + "!"
        def float(text: str) -> str:
            return text + "?"
        def islice(items: str, n: int) -> str:
            return items[:n]
        def evens(n: int):
            for i in range(n):
                yield 2 * i
        def letters(text: str):
            return {c for c in text if c.isalpha()}
        def none(n: int):
            return {one for one in range(n, 0) if one > 0}
        def ratio(a: int, b: int):
            return 1e400 if b == 0 else a / b
        def naturals(start: int):
            while True:
                yield start
                start += 1
        """,
    "meddles.py": """
        import builtins
        def patches(x: int) -> int:
            builtins.len = lambda some: 7
            return x + 1
        def size(text: str) -> int:
            return len(text)
        """,
    "a/__init__.py": "",
    "a/b_c.py": "def one(x: int) -> int:\n    return x + 1\n",
    "a_b/__init__.py": "",
    "a_b/c.py": "def two(x: int) -> int:\n    return x + 2\n",
    "inner/__init__.py": "",
    "inner/util.py": """
        class A:
            pass
        class B:
            pass
        def helper(x: int) -> int:
            return x * 2
        """,
    "inner/core.py": """
        def late(x: int) -> int:
            from .util import helper
            return helper(x) - 1
        """,
}


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    """(what the tool said, the folder it wrote) of these modules, and what pytest said of that folder."""
    folder = written(tmp_path_factory.mktemp("awkward"), AWKWARD)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = tool.main(str(folder), folder / "made")
    assert code == 0
    return said.getvalue(), folder / "made", pytest_on(folder / "made")


def test_the_files_hold_whatever_the_modules_are_like(awkward):
    said, out, ran = awkward
    count = sum(path.read_text().count("def test_") for path in out.glob("test_*.py"))
    assert ran.returncode == 0 and f"{count} passed" in ran.stdout, ran.stdout
    assert f"{count} functions of " in said


@pytest.mark.parametrize(
    "line",
    [
        "script.double: its module cannot be imported by a test: SystemExit: 2",
        "needs.triple: its module cannot be imported by a test: KeyError: 'NO_SUCH_URL'",
        "endless.four: its module cannot be imported by a test: it does not come back",
        "replaced.inc: its test fails on its module as it is imported: AssertionError",
        "replaced.dec: its module has no dec once it is imported",
        "meddles.patches: its test fails on its module as it is imported: it changes Python's builtins",
        "inner.util: 2 classes: only functions at the top level get tests",
    ],
)
def test_what_would_fail_is_left_out_with_its_reason(line, awkward):
    assert f"  {line}" in awkward[0].splitlines()


def test_a_name_that_other_tests_use_is_imported_under_another(awkward):
    text = (awkward[1] / "test_generated_shadow.py").read_text()
    for name in ("list", "set", "float", "islice"):
        assert f"{name} as {name}_" in text and f"    assert {name}_(" in text
    assert "assert list(evens(" in text and "islice(naturals(" in text


def test_two_modules_never_share_a_file(awkward):
    texts = [path.read_text() for path in awkward[1].glob("test_generated_a_b_c*.py")]
    assert sorted("one" if "from a.b_c import one" in text else "two" for text in texts) == ["one", "two"]
    assert "inner.core.late" in awkward[0].partition("No test")[0]


def test_two_tests_never_share_a_name():
    tests = {"f": "def test_f():\n    assert f(1) == 1\n", "f_": "def test_f():\n    assert f_(1) == 2\n"}
    assert "def test_f_2():\n    assert f_(1) == 2" in testfile.text_of("m", tests)


def test_the_src_layout_is_imported_as_it_is_installed(tmp_path, capsys):
    written(tmp_path, {
        "src/shop/__init__.py": "", "src/shop/rates.py": "def rate(x: int) -> int:\n    return 2 if x > 10 else 1\n",
        "src/shop/price.py": "from shop.rates import rate\n\n\ndef tax(x: int) -> int:\n    return x * rate(x)\n",
        "top.py": "def above(x: int) -> int:\n    return x + 1\n",
    })  # fmt: skip
    assert tool.main(str(tmp_path), tmp_path / "made") == 0
    assert "from shop.price import tax" in (tmp_path / "made" / "test_generated_shop_price.py").read_text()
    ran = pytest_on(tmp_path / "made")
    assert ran.returncode == 0 and "3 passed" in ran.stdout, ran.stdout


# --- What looks wrong, and what does not ------------------------------------------------------------------------------


FINE = {
    "fine.py": """
        import datetime as dt
        import random
        from dataclasses import dataclass
        from decimal import Decimal
        KNOWN = {}
        @dataclass
        class Point:
            x: int
            y: int
        def fib(n: int) -> int:
            \"\"\"A number.

            >>> fib(24)
            46368
            \"\"\"
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        def memo(x):
            if x not in KNOWN:
                KNOWN[x] = (x, x * 2)
            return KNOWN[x]
        def total(prices: list[Decimal]) -> Decimal:
            \"\"\"A sum.

            >>> total([Decimal("1.10"), Decimal("2.20")])
            Decimal('3.30')
            >>> total([Decimal("1.10")])
            Decimal('1.20')
            \"\"\"
            return sum(prices, Decimal(0))
        def next_month(day: dt.date) -> dt.date:
            \"\"\"The first of the next month.

            >>> next_month(dt.date(2024, 12, 5))
            datetime.date(2025, 1, 1)
            \"\"\"
            return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        class Box:
            def __init__(self, *sides):
                self.sides = sides
        def volume(box: Box) -> int:
            return len(box.sides)
        def across(point: Point) -> Point:
            \"\"\"Mirror a point.

            >>> home = Point(1, 2)
            >>> across(home)
            Point(x=2, y=1)
            >>> across(home).x
            1
            \"\"\"
            return Point(point.y, point.x)
        def shuffled(items: list[int], seed: int) -> list[int]:
            rng = random.Random(seed)
            items = list(items)
            rng.shuffle(items)
            return items
        def swap(a: list, b: list) -> None:
            a[:], b[:] = b[:], a[:]
        def ignored(a: list) -> None:
            pass
        """,
    "broken.py": """
        1 / 0
        def f(x: int) -> int:
            \"\"\"Do.

            >>> f(1)
            3
            \"\"\"
            return x
        """,
}


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("fine"), FINE)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert tool.main(str(folder), folder / "made") == tool.LOOKS_WRONG
    assert pytest_on(folder / "made").returncode == 0
    return said.getvalue(), (folder / "made" / "test_generated_fine.py").read_text()


def test_only_what_is_wrong_looks_wrong(fine):
    wrong = fine[0].partition("Looks wrong")[2].partition("\nNo test")[0].splitlines()[1:]
    wrong = [line for line in wrong if line and "within 3 seconds" not in line]
    assert wrong == [
        "  fine.total: total([Decimal(\"1.10\")]) is documented to give Decimal('1.20'), and gives Decimal('1.10')",
        "  fine.across: across(home).x is documented to give 1, and gives 2",
    ]


def test_what_cannot_be_made_or_says_nothing_gets_no_test(fine):
    assert "fine.volume: its parameter box is a Box, which the tool cannot make" in fine[0]
    assert "fine.ignored: its results say nothing" in fine[0]
    assert "broken.f: its module cannot be imported by a test: ZeroDivisionError: division by zero" in fine[0]
    assert "not checked: 1\n" in fine[0]


def test_two_arguments_that_change_are_both_looked_at(fine):
    assert "swap(given, given_2)\n    assert given == " in fine[1] and "    assert given_2 == " in fine[1]


def test_a_call_is_stuck_only_where_it_takes_seconds_by_itself():
    quick = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    assert findings.of_calls(quick, "f", observe(quick, "f", ["f(24)"])) == []
    assert [one.form for one in observe(quick, "f", ["f(20)"], thorough=True)] == ["=="]
    stuck = "def f(n):\n    while n:\n        pass\n"
    assert findings.of_calls(stuck, "f", observe(stuck, "f", ["f(1)"])) == ["f(1) did not come back within 3 seconds"]


@pytest.mark.parametrize(
    ("imports", "body", "why"),
    [
        ("from random import choice", "return choice(x)", "random.choice"),
        ("from time import time, perf_counter as now", "return now() + x", "time.perf_counter"),
        ("from uuid import uuid4", "return x + uuid4().hex", "uuid.uuid4"),
        ("from os import getenv", "return getenv(x)", "os.getenv"),
        ("import random as r", "return r.random()", "random.random"),
        ("", "from random import random\n    return random() + x", "random.random"),
        ("import random", "return random.Random().random()", "random.Random"),
        ("import random", "return random.Random(x).random()", None),
        ("from random import Random", "return Random(x).random()", None),
        ("import os", "return os.path.join(x, 'a')", None),
        ("from os import path", "return path.join(x, 'a')", None),
        ("from os.path import join", "return join(x, 'a')", None),
        ("from urllib.parse import quote", "return quote(x)", None),
        ("from pathlib import Path", "return Path(x).stem", None),
        ("import select", "select = sorted(x)\n    return select.index(1)", None),
        ("", "select = sorted(x)\n    return select.index(1)", None),
        ("import time", "return [time.real for time in x]", None),
    ],
)
def test_what_is_imported_from_the_outside_is_seen(imports, body, why, tmp_path):
    (tmp_path / "m.py").write_text(f"{imports}\n\n\ndef f(x):\n    {body}\n")
    found, others = targets.functions(targets.locate(str(tmp_path / "m.py")), ())
    assert [one.why for one in others] == ([f"it depends on more than its arguments: {why}"] if why else [])
    assert len(found) == (not why)


def test_a_file_is_read_in_the_encoding_that_it_names(tmp_path):
    (tmp_path / "m.py").write_bytes("# coding: latin-1\ndef f(x):\n    return x + 'é'\n".encode("latin-1"))
    ((one,), _) = targets.functions(targets.locate(str(tmp_path / "m.py")), ())
    assert "'é'" in one.source


def test_a_hint_is_not_overruled():
    hinted, plain = (proposals.function_of(f"def f(x{hint}): return x[0]", "f") for hint in (": list", ""))
    assert "bytes" not in proposals.widened(hinted)[0] and "bytes" in proposals.widened(plain)[0]


# --- What the tests notice --------------------------------------------------------------------------------------------


BREAKS = {  # a function, and what it is broken to
    "word_count": (
        """
        def word_count(text: str) -> dict[str, int]:
            counts = {}
            for word in text.lower().split():
                counts[word] = counts.get(word, 0) + 1
            return counts
        """, "return counts", "return dict.fromkeys(counts, 1) if len(counts) < 3 else {}"),
    "merge": (
        """
        def merge(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
            return {k: a.get(k, 0) + b.get(k, 0) for k in {*a, *b}}
        """, "{k: a.get(k, 0) + b.get(k, 0) for k in {*a, *b}}", "{**a, **b}"),
    "chunk": (
        """
        def chunk(items: list[int], size: int) -> list[list[int]]:
            return [items[i : i + size] for i in range(0, len(items), size)]
        """, "[items[i : i + size] for i in range(0, len(items), size)]", "[items] if items else []"),
    "moving_average": (
        """
        def moving_average(values: list[float], window: int = 3) -> list[float]:
            if window < 1:
                raise ValueError("window")
            return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]
        """, "[sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]", "values[:1]"),
    "ip_to_int": (
        """
        def ip_to_int(ip: str) -> int:
            parts = ip.split(".")
            if len(parts) != 4:
                raise ValueError("four parts")
            n = 0
            for part in parts:
                if not 0 <= int(part) <= 255:
                    raise ValueError("range")
                n = n * 256 + int(part)
            return n
        """, "return n", "return -1"),
    "parse_bool": (
        """
        def parse_bool(text: str) -> bool:
            low = text.strip().lower()
            if low in {"1", "true", "yes"}:
                return True
            if low in {"0", "false", "no"}:
                return False
            raise ValueError("no bool")
        """, ', "true", "yes"', ""),
}  # fmt: skip


def test_most_breaks_are_noticed():
    def noticed(name):
        text, old, new = BREAKS[name]
        text = textwrap.dedent(text)
        assert text.count(old) == 1
        test = tool.report_of(targets.Target("m", name, text, text, None)).test
        (score,) = metrics.score_tests([text], [test], mutants=[[text.replace(old, new)]], names=[name], workers=1)
        return score.noticed[0]

    found = dict(zip(BREAKS, sandbox.in_parallel(noticed, BREAKS), strict=True))
    assert sum(found.values()) >= 5, found


def test_a_mutant_that_raises_or_never_ends_is_caught_where_the_tool_asks():
    function = "def f(x):\n    while x > 3:\n        x -= 1\n    return x\n"
    mutants = [function.replace("x -= 1", other) for other in ("x -= 2", "x -= 'a'", "x += 1")]
    assert [sorted(one.killed) for one in observe(function, "f", ["f(4)"], mutants)] == [[0]]
    assert [sorted(one.killed) for one in observe(function, "f", ["f(4)"], mutants, thorough=True)] == [[0, 1, 2]]
    two = "def f(x, y):\n    x.append(y.pop())\n"
    assert [one.form for one in observe(two, "f", ["f([], [2])"])] == ["is"]
    assert program.write(two, "f", calls=["f([], [2])"], thorough=True).test.count("assert") == 2


# --- Models and systems -----------------------------------------------------------------------------------------------


def test_an_adapter_of_another_model_ends_in_a_sentence(tmp_path, monkeypatch):
    from helpers.testgen import writer

    def loaded(folder):
        raise RuntimeError("size mismatch for base_model")

    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "some/model"}')
    monkeypatch.setattr(writer, "loaded", loaded)
    monkeypatch.setattr(course, "quiet", lambda: None)
    with pytest.raises(CourseError, match="some/model.*COURSE_MODEL.*--no-model"):
        tool.model_calls(str(tmp_path))([], 1)


def test_a_model_is_asked_with_its_own_tokenizer(tmp_path, monkeypatch):
    import transformers

    import helpers.models

    asked = []
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(course, "quiet", lambda: None)
    monkeypatch.setattr(helpers.models, "load_model", lambda folder: "model")
    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", lambda name, **_: asked.append(name) or Words())
    monkeypatch.setattr(helpers.models, "generate", lambda model, tokenizer, *_, **__: asked.append(tokenizer) or [])
    tool.model_calls(str(tmp_path))([], 1)
    assert asked[0] == str(tmp_path) and asked[1].pad_token == "end"
    monkeypatch.setattr(Words, "chat_template", None)
    with pytest.raises(CourseError, match="no chat template"):
        tool.model_calls(str(tmp_path))([], 1)


class Words:
    """A tokenizer."""

    pad_token, eos_token, chat_template = None, "end", "{{ messages }}"


def test_what_the_sandbox_does_not_enforce_is_said(monkeypatch):
    assert tool.protections() == [] or "NOT ENFORCED" in tool.protections()[0]
    monkeypatch.setattr(sandbox, "missing", lambda: ["reading", "network"])
    (sentence,) = tool.protections()
    assert "NOT ENFORCED on this system: reading, network." in sentence


def test_the_command_says_what_it_takes(capsys):
    with pytest.raises(SystemExit):
        commands.main(["testgen", "a.py", "--n", "0"])
    assert "no number from 1 to 100" in capsys.readouterr().err
