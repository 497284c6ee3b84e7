"""`python3 -m helpers testgen`: the files pass under pytest, nothing is written over, bad code is contained."""

import subprocess
import sys

import pytest

from helpers import commands
from helpers.errors import CourseError
from helpers.testgen import findings, targets, tool
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
    assert "_private" not in (out / "test_shop_prices.py").read_text()
    before = everything(tmp_path)
    assert tool.main(str(package), out) == 0
    assert everything(tmp_path) == before
    assert "left as it is" in capsys.readouterr().out


def test_a_file_that_is_there_is_never_written_over(package, tmp_path):
    out = tmp_path / "made"
    out.mkdir()
    (out / "test_shop_prices.py").write_text("# mine\n")
    (out / "conftest.py").write_text("# mine, too\n")
    tool.main(str(package), out)
    assert (out / "test_shop_prices.py").read_text() == "# mine\n"
    assert (out / "conftest.py").read_text() == "# mine, too\n"
    assert (out / "test_shop_money.py").exists()


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
    assert "does not come back" in said
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
    assert "x1337" in (tmp_path / "made" / "test_codes.py").read_text()


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
         ["f(0) is documented to give 1: it raises ZeroDivisionError, which it does not do on purpose"]),
    ],
)  # fmt: skip
def test_documented_examples_are_held_against_the_code(docstring, body, found):
    text = f'def f(x):\n    """Do it.\n\n    {docstring}\n    """\n    {body}\n'
    calls = [call for call, _ in targets_of(text)]
    assert findings.suspicious(text, "f", observe(text, "f", calls)) == found


def targets_of(text):
    from helpers.testgen import proposals

    return proposals.documented(text, "f")


def test_the_command_says_what_it_takes(capsys):
    with pytest.raises(SystemExit):
        commands.main(["testgen", "a.py", "--n", "0"])
    assert "no number from 1 to 100" in capsys.readouterr().err
