"""A test that nothing runs, or that asserts nothing, is no test: every one is run by CI, or says by a mark why not."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from helpers import testing

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
FILES = sorted(TESTS.glob("test_*.py"))
# Calls that fail a test by themselves.
ASSERTING = ("pytest.raises", "pytest.warns", "pytest.fail")


def declared_marks():
    """Mark → reason, from pyproject.toml. CI runs what carries none of them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = settings["tool"]["pytest"]["ini_options"]["markers"]
    return {name.strip(): reason.strip() for name, _, reason in (line.partition(":") for line in lines)}


def dotted(node):
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def functions_in(tree):
    """(name as pytest writes it, function, what marks it) for each test in a file."""
    aliases = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    module_marks = aliases.get("pytestmark", ast.List([]))
    module_marks = module_marks.elts if isinstance(module_marks, (ast.List, ast.Tuple)) else [module_marks]
    groups = [("", [], tree.body)]
    groups += [
        (f"{node.name}::", node.decorator_list, node.body)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    for prefix, class_marks, body in groups:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                marks = [*node.decorator_list, *class_marks, *module_marks]
                yield prefix + node.name, node, {dotted(aliases.get(dotted(mark), mark)) for mark in marks}


def asserts(node, local, seen=frozenset()):
    """Whether a function contains an assertion, or calls one of the functions `local` that does."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            return True
        if isinstance(part, ast.Call):
            name = dotted(part)
            if name in ASSERTING or (name in local and name not in seen and asserts(local[name], local, seen | {name})):
                return True
    return False


def without_assertion(tree):
    local = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return [name for name, node, _ in functions_in(tree) if not asserts(node, local)]


def silent_skips(tree):
    """Lines that skip, or allow to fail, without saying why."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            reasons = {keyword.arg for keyword in node.keywords} & {"reason", "msg"}
            name = dotted(node)
            bare = name in ("pytest.mark.skip", "pytest.skip", "pytest.xfail") and not node.args
            bare |= name in ("pytest.mark.skipif", "pytest.mark.xfail", "pytest.importorskip")
            if bare and not reasons:
                found.append(node.lineno)
        elif isinstance(node, ast.Attribute) and id(node) not in called:
            if dotted(node) in ("pytest.mark.skip", "pytest.mark.xfail"):
                found.append(node.lineno)
    return found


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_mark_says_why_and_how_to_run_it():
    assert declared_marks()
    for name, reason in declared_marks().items():
        assert len(reason.split()) >= 3 and f"-m {name}" in reason, f"{name}: {reason}"


def test_every_test_is_selected_by_ci_or_marked():
    marks = declared_marks()
    selection = " and ".join(f"not {mark}" for mark in marks)
    command = [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-m", selection]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    collected = {line.partition("[")[0].strip() for line in done.stdout.splitlines() if "::" in line}
    left_out = [
        f"{path.name}::{name}"
        for path in FILES
        for name, _, its_marks in functions_in(parsed(path))
        if f"tests/{path.name}::{name}" not in collected
        and not {mark.removeprefix("pytest.mark.") for mark in its_marks} & set(marks)
    ]
    assert left_out == []


def test_the_command_line_leaves_out_these_marks_and_no_others():
    assert set(testing.ELSEWHERE) == set(declared_marks())


def test_every_test_file_is_where_ci_looks():
    skipped = {"learn", "runs", "site-packages", "__pycache__"}
    found = [path for path in ROOT.rglob("*.py") if re.match(r"test_.*\.py$|.*_test\.py$", path.name)]
    parts = {path: path.relative_to(ROOT).parts for path in found}
    elsewhere = [
        path.as_posix()
        for path, names in parts.items()
        if path.parent != TESTS and not any(name in skipped or name.startswith(".") for name in names)
    ]
    assert elsewhere == []


def test_every_planted_answer_belongs_to_an_exercise():
    names = {
        cell["metadata"]["nbgrader"]["grade_id"]
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    folders = [path.name for path in (TESTS / "exercises").iterdir() if not path.name.startswith((".", "__"))]
    assert set(folders) - names == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_test_asserts(path):
    assert without_assertion(parsed(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_skip_says_why(path):
    assert silent_skips(parsed(path)) == []


# The checks above, tried on planted files

GOOD = """
import pytest
slow = pytest.mark.slow

def same(a, b):
    assert a == b

def deeper(a):
    same(a, a)

@slow
def test_by_helper():
    deeper(1)

class TestGroup:
    @pytest.mark.gpu
    def test_raises(self):
        with pytest.raises(ValueError):
            int("x")

@pytest.mark.skipif(True, reason="nothing here")
def test_skipped():
    pytest.skip("not today")
    assert True
"""


def test_a_good_file_is_accepted():
    tree = ast.parse(GOOD)
    assert without_assertion(tree) == [] and silent_skips(tree) == []
    marks = {name: its for name, _, its in functions_in(tree)}
    assert marks["test_by_helper"] == {"pytest.mark.slow"}
    assert marks["TestGroup::test_raises"] == {"pytest.mark.gpu"}


@pytest.mark.parametrize(
    "source",
    [
        "def test_it():\n    print(1)",
        "def no():\n    no()\ndef test_it():\n    no()",
        "def test_it():\n    1 == 1, 'x'",
    ],
)
def test_a_test_without_assertion_is_noticed(source):
    assert without_assertion(ast.parse(source)) == ["test_it"]


@pytest.mark.parametrize(
    "line",
    [
        "pytest.skip()", "pytest.mark.skip", "pytest.mark.skip()", "pytest.mark.skipif(True)", "pytest.mark.xfail",
        "pytest.mark.xfail()", "pytest.importorskip('torch')",
    ],
)  # fmt: skip
def test_a_silent_skip_is_noticed(line):
    assert silent_skips(ast.parse(line)) == [1]
