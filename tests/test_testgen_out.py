"""What the tool writes can be imported, is not repeated, and its exit codes say what became of it."""

import os
import subprocess
import sys
import textwrap

import pytest
from code_files import written

from helpers import commands, environment, metrics
from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.testgen import testfile, tool


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


def pytest_on(out, cwd):
    """pytest as a command, which does not put the working directory in front, as `python -m pytest` does."""
    code = "import sys, pytest; sys.path = [one for one in sys.path if one]; sys.exit(pytest.main())"
    command = [sys.executable, "-P", "-c", code, "-q", "-p", "no:cacheprovider", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


TAX = "def tax(cents: int) -> int:\n    return cents + cents * {} // 100\n"


# --- What makes the modules importable --------------------------------------------------------------------------------


def test_a_folder_with_tests_of_another_project_is_refused_before_anything_is_done(tmp_path, monkeypatch, capsys):
    for number, name in enumerate(("one", "two"), 7):
        written(tmp_path / name, {"shop/__init__.py": "", "shop/price.py": TAX.format(number)})
    out = tmp_path / "made"
    assert tool.main(str(tmp_path / "one"), out) == 0
    before = everything(out)
    monkeypatch.setattr(tool, "report_of", None)
    for call in (tool.check, tool.main):
        with pytest.raises(CourseError, match=r"one.*its conftest.py finds no other.*another folder as --out"):
            call(str(tmp_path / "two"), out)  # a module and a function of the same names
    assert everything(out) == before
    assert tool.check(str(tmp_path / "one" / "shop" / "price.py"), out)
    assert tool.check("textwrap", out)


def test_a_conftest_of_the_user_is_kept_and_what_may_be_missing_is_said(tmp_path, capsys):
    project = written(tmp_path, {
        "src/shop/__init__.py": "", "src/shop/price.py": TAX.format(19), "tests/conftest.py": "# mine\n",
        "pyproject.toml": "[project]\nname = 'shop'\n",
    })  # fmt: skip
    out = project / "tests"
    assert tool.main(str(project / "src"), out) == 0
    said = capsys.readouterr().out
    assert "tests/conftest.py is yours and stays as it is" in said and (out / "conftest.py").read_text() == "# mine\n"
    assert pytest_on(out, project).returncode != 0
    line = next(line.strip() for line in said.splitlines() if "pythonpath = " in line)
    with (project / "pyproject.toml").open("a") as file:
        file.write(f"[tool.pytest.ini_options]\n{line}\n")
    ran = pytest_on(out, project)
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout
    (out / "test_generated_shop_price.py").unlink()
    assert tool.main(str(project / "src"), out) == 0
    assert "is yours" not in capsys.readouterr().out


def test_the_advice_without_a_pyproject_works_in_the_conftest(tmp_path, monkeypatch):
    project = written(tmp_path, {"app/price.py": TAX.format(19), "tests/conftest.py": ""})
    out = project / "tests"
    testfile.save(out, "price", {"tax": "def test_tax():\n    assert tax(100) == 119\n"})
    first, *lines = testfile.advice(out, [project / "app"]).splitlines()
    assert first.endswith("add this to it:") and pytest_on(out, project).returncode != 0
    (out / "conftest.py").write_text(textwrap.dedent("\n".join(lines)) + "\n")
    assert pytest_on(out, project).returncode == 0
    (out / "conftest.py").unlink()
    testfile.save_conftest(out, [project / "app"])
    assert testfile.advice(out, [project / "app"]) == ""


# --- A second run -----------------------------------------------------------------------------------------------------


def test_no_numbers_of_a_test_that_is_not_in_the_folder(tmp_path, monkeypatch, capsys):
    wrong = TAX.format(19).replace(":\n", ":\n    '''Add tax.\n\n    >>> tax(100)\n    120\n    '''\n", 1)
    (tmp_path / "price.py").write_text(wrong)
    written(tmp_path / "made", {"test_mine.py": "from price import tax\n\n\ndef test_tax():\n    assert tax(0) == 0\n"})
    monkeypatch.setattr(metrics, "score_tests", None)  # nothing to score
    assert tool.main(str(tmp_path / "price.py"), tmp_path / "made") == tool.LOOKS_WRONG
    said = capsys.readouterr().out
    assert "price.tax  has a test already" in said and "%" not in said
    assert "is documented to give 120, and gives 119" in said and "1 functions have a test" in said


# --- Exceptions of the module -----------------------------------------------------------------------------------------


def test_exceptions_of_the_module_are_pinned_and_imported(tmp_path):
    written(tmp_path, {
        "errors.py": "class NotFound(KeyError):\n    pass\n",
        "service.py": """
            from errors import NotFound


            class AppError(ValueError):
                pass


            class _Hidden(ValueError):
                pass


            def half(n: int) -> int:
                if n < 0:
                    raise AppError("negative")
                return n // 2


            def price(name: str) -> int:
                if name not in ("apple", "pear"):
                    raise NotFound(name)
                return len(name)


            def hidden(n: int) -> int:
                if n < 0:
                    raise _Hidden(n)
                return n + 3
            """,
    })  # fmt: skip
    assert tool.main(str(tmp_path / "service.py"), tmp_path / "made") == 0
    text = (tmp_path / "made" / "test_generated_service.py").read_text()
    assert "from service import AppError, NotFound, half, hidden, price" in text
    assert "with pytest.raises(AppError):\n        half(" in text and "pytest.raises(NotFound)" in text
    assert "_Hidden" not in text
    ran = pytest_on(tmp_path / "made", tmp_path)
    assert ran.returncode == 0 and "3 passed" in ran.stdout, ran.stdout


# --- Functions below an `if` or a `try` -------------------------------------------------------------------------------


CONDITIONAL = """
    import sys
    from contextlib import suppress
    from functools import lru_cache

    try:
        from nosuchpackage import fast
    except ImportError:
        def fast(x: int) -> int:
            return x + 1

    try:
        from textwrap import dedent
    except ImportError:
        def dedent(text: str) -> str:
            return text + "never"

    if sys.version_info >= (3,):
        @lru_cache
        def new(x: int) -> int:
            return x * 2
    else:
        def new(x: int) -> int:
            return x * 3

    def late(x: int) -> int:
        return x - 1

    if sys.maxsize < 0:
        def late(x: int) -> int:
            return x - 2

    with suppress(ImportError):
        def inside(text: str) -> str:
            '''Shout.

            >>> inside("a")
            'A'
            '''
            return text.upper()

    if __name__ == "__main__":
        def script(x: int) -> int:
            return x
    """


def test_functions_below_a_condition_are_those_that_the_module_has(tmp_path, capsys):
    written(tmp_path, {"m.py": CONDITIONAL})
    assert tool.main(str(tmp_path / "m.py"), tmp_path / "made") == 0
    said = capsys.readouterr().out
    assert "4 functions of 6 got a test" in said
    assert "m.dedent: its module has another dedent once it is imported" in said
    assert "m.script: its module has no script once it is imported" in said
    assert "from m import fast, inside, late, new" in (tmp_path / "made" / "test_generated_m.py").read_text()
    ran = pytest_on(tmp_path / "made", tmp_path)
    assert ran.returncode == 0 and "4 passed" in ran.stdout, ran.stdout


def test_of_a_module_that_cannot_be_imported_each_function_is_told_once(tmp_path, capsys):
    written(tmp_path, {"m.py": CONDITIONAL + "\n    1 / 0\n"})
    assert tool.main(str(tmp_path / "m.py"), tmp_path / "made") == tool.NOTHING_WRITTEN
    said = capsys.readouterr().out
    assert said.count("m.new: ") == 1 and said.count("ZeroDivisionError") == 6


# --- Exit codes -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_tried_has_an_exit_code_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(environment, "ensure", lambda cpu: None)
    monkeypatch.setattr(environment, "enter", lambda python, arguments: None)
    (tmp_path / "a.py").write_text("import os\n\n\ndef f():\n    return os.getpid()\n")
    run = ["testgen", "--no-model", "--out", str(tmp_path / "made")]
    assert commands.main([*run, str(tmp_path / "nosuch.py")]) == 2
    assert commands.main([*run[:-1], str(tmp_path / "a.py"), str(tmp_path / "a.py")]) == 2
    assert commands.main([*run, str(tmp_path / "a.py")]) == tool.NOTHING_WRITTEN
    with pytest.raises(SystemExit) as ended:
        commands.main(["testgen"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        commands.main(["testgen", "--help"])
    said = capsys.readouterr().out
    assert all(f"\n  {code}  " in said for code in (0, tool.NOTHING_WRITTEN, 2, tool.LOOKS_WRONG))


@pytest.mark.skipif(os.name == "nt", reason="other pipes")
def test_nothing_is_lost_when_nobody_reads_what_is_printed(tmp_path):
    written(tmp_path, {"one.py": "def double(n: int) -> int:\n    return 2 * n\n"})
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "helpers", "testgen", str(tmp_path / "one.py"), "--no-model", "--out"]
    command.append(str(tmp_path / "made"))
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert ran.returncode == 141 and "Error" not in ran.stderr and "Traceback" not in ran.stderr, ran.stderr
    assert "def test_double" in (tmp_path / "made" / "test_generated_one.py").read_text()
