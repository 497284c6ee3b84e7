"""What the tool writes holds elsewhere: on other days and machines, in another start of Python, and all together."""

import ast
import contextlib
import io
import os
import re
import subprocess
import sys

import pytest
from code_files import written

from helpers import commands, sandbox
from helpers.testgen import reasons, targets, testfile, tool

PROJECT = {
    "pyproject.toml": '[project]\nname = "my-shop"\nversion = "1.5"\n',
    "src/shop/__init__.py": """\
        from importlib.metadata import version

        __version__ = version("my-shop")

        def double(x: int) -> int:
            return 2 * x
        """,
    "src/shop/place.py": """\
        import os

        HERE = os.path.dirname(__spec__.origin)

        def template(name: str) -> str:
            return os.path.join(HERE, name)

        def shorter(name: str) -> int:
            return len(template(name)) - len(name)
        """,
    "src/shop/names.py": """\
        def unique(some):
            return list(set(some))
        """,
    "src/shop/order.py": """\
        import functools

        from shop.names import unique

        _both = functools.cache(lambda text: list({text, text + "!"}))

        def both(text: str) -> list:
            return _both(text)

        def either(text: str) -> list:
            return unique([text, text + "?"])
        """,
    "src/shop/clock.py": """\
        import datetime
        import os
        import socket
        import time

        YEAR = datetime.date.today().year
        HOST, USER = socket.gethostname(), os.environ.get("USER", "nobody")

        def _now():
            return time.gmtime()

        def age(born: int) -> int:
            return YEAR - born

        def stamp(n: int) -> str:
            return f"{_now().tm_year}-{n}"

        def owner(item: str) -> str:
            return item + USER + "@" + HOST
        """,
    "src/shop/rates.py": """\
        STATE = {"rate": 2}

        def set_rate(rate: int) -> int:
            STATE["rate"] = rate
            return rate
        """,
    "src/shop/totals.py": """\
        from shop.rates import STATE

        def total(x: int) -> int:
            return x * STATE["rate"]
        """,
    "src/shop/hooks.py": """\
        def setup_function(text: str) -> str:
            return text + "."

        def called(f, x: int):
            '''Call f.

            >>> called(lambda X: X + 1, 2)
            3
            '''
            return f(x)

        def other(x: int) -> int:
            return x + 10
        """,
    "src/shop/odd.py": """\
        import os

        os.write(1, b"test\\nexample\\n")
        os._exit(0)

        def f(x: int) -> int:
            return x + 1
        """,
    "src/shop/node_modules/pkg/data.json": "{}",
    "tests/test_order.py": "def test_mine():\n    assert True\n",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(the folder of the project, what the tool said, {name of a function: whether it got a test})."""
    folder = written(tmp_path_factory.mktemp("project"), PROJECT)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert tool.main(str(folder / "src"), folder / "tests") == 0
    return folder, said.getvalue(), {name for _, name in testfile.covered(folder / "tests")}


def test_it_holds_in_another_start_of_python_and_beside_the_persons_own_tests(made):
    folder, said, tested = made
    for seed in ("0", "9", "10"):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
        settings = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": _installed(folder), "USER": "another"}
        ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=settings)
        assert ran.returncode == 0, ran.stdout
    assert {"double", "other", "setup_function", "called"} <= tested, said


def _installed(folder):
    """What pip would leave, so that the package finds its own version."""
    about = folder / "site" / "my_shop-1.5.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-shop\nVersion: 1.5\n")
    return str(folder / "site")


@pytest.mark.parametrize(("name", "why"), {
    "place.template": "its results name the folder|in another folder",
    "place.shorter": "in another folder",
    "order.both": "in another start of Python|order of a set",
    "order.either": "in another start of Python|order of a set",
    "clock.age": "depends on more than its arguments: YEAR",
    "clock.stamp": "depends on more than its arguments: _now",
    "clock.owner": "depends on more than its arguments: (HOST|USER)",
    "totals.total": "after others have run",
    "odd.f": "its module",
}.items())  # fmt: skip
def test_what_depends_on_more_gets_no_test_and_why_is_said(made, name, why):
    folder, said, tested = made
    (line,) = [line for line in said.splitlines() if line.strip().startswith(f"shop.{name}: ")]
    assert re.search(why, line) and name.split(".")[1] not in tested


@pytest.mark.parametrize(("code", "pinned"), [
    ("import sys\nWIN = sys.platform == 'win32'\ndef f(x): return x * WIN", True),
    ("import time\ndef f(t): return time.struct_time(t)[0]\nX = 1", False),
    ("import random\nRNG = random.Random(3)\ndef f(x): return RNG", True),
    ("import random\nSALT = random.random()\ndef f(x): return x + SALT", False),
    ("import time\nSTART = time.time()\ndef g(x): return START\ndef f(x): return g(x)", False),
    ("import time\nSTART = time.time()\ndef f(START): return START", True),
    ("import datetime\nDAY = datetime.date(2020, 1, 1)\ndef f(x): return DAY", True),
    ("import datetime\nNOW = datetime.datetime.now()\ndef f(x): return NOW", False),
    ("import os\nHERE = os.path.dirname(__file__)\ndef f(x): return HERE + x", False),
    ("import os\nHERE = os.path.dirname(__file__)\ndef f(x): return x", True),
    ("import uuid\nSPACE = uuid.UUID(int=3)\ndef f(x): return uuid.uuid5(SPACE, x)", True),
    ("import uuid\nME = uuid.uuid4()\ndef f(x): return ME", False),
])  # fmt: skip
def test_what_changes_with_the_day_or_the_machine_is_found_behind_names(code, pinned):
    tree = ast.parse(code)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "f")
    assert (reasons.why_not(function, tree) == "") == pinned


def test_a_run_that_is_stopped_does_not_promise_to_go_on(tmp_path, monkeypatch, capsys):
    def stopped(*some, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(sandbox, "in_parallel", stopped)
    (tmp_path / "m.py").write_text("def f(x: int) -> int:\n    return x + 1\n")
    assert commands.main(["testgen", str(tmp_path / "m.py"), "--no-model", "--out", str(tmp_path / "made")]) == 130
    assert "No test was written" in capsys.readouterr().err and not (tmp_path / "made").exists()


def test_deep_code_does_not_end_the_run(tmp_path, capsys):
    deep = "def f(x: int) -> int:\n    if x == 0:\n        return 0\n"
    deep += "".join(f"    elif x == {number}:\n        return {number}\n" for number in range(1, 700))
    written(tmp_path, {"deep.py": deep, "fine.py": "def g(x: int) -> int:\n    return x + 3\n"})
    assert tool.main(str(tmp_path), tmp_path / "made") == 0
    assert "fine.g" in capsys.readouterr().out


def test_a_namespace_package_in_the_src_layout_is_imported_from_there(tmp_path):
    written(tmp_path, {"pyproject.toml": "", "src/ns/pkg/__init__.py": "", "src/ns/pkg/m.py": "def f(x): return x\n"})
    place = targets.locate(str(tmp_path / "src" / "ns" / "pkg"))
    assert place.root == (tmp_path / "src").resolve()
    assert [one.module for one in targets.functions(place, ())[0]] == ["ns.pkg.m"]


def test_what_lies_beside_the_code_does_not_count_as_code(tmp_path, monkeypatch):
    files = {f"web/node_modules/{number}.json": "{}" for number in range(5)}
    written(tmp_path, {"web/gen.py": "def f(x): return x\n", **files})
    monkeypatch.setattr(targets, "_MOST", 3)
    assert targets.staged(targets.locate(str(tmp_path / "web")), tmp_path / "copy")
    assert not list((tmp_path / "copy").rglob("*.json"))


def test_mutants_are_not_run_where_the_sandbox_cannot_hold_them(tmp_path, monkeypatch, capsys):
    asked, original = [], tool.metrics.score_tests

    def scored(*some, **named):
        asked.append(named["mutants"])
        return original(*some, **named)

    monkeypatch.setattr(sandbox, "missing", lambda: ["writing"])
    monkeypatch.setattr(tool.metrics, "score_tests", scored)
    (tmp_path / "m.py").write_text("def f(x: int) -> int:\n    return x + 1\n")
    assert tool.main(str(tmp_path / "m.py"), tmp_path / "made") == 0
    assert asked == [[[]]] and "none tried" in capsys.readouterr().out
