"""Test files: their text, whether they hold as a whole, what a folder of them covers, and where the next one goes."""

import ast
import builtins
import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import replace
from pathlib import Path

from helpers import sandbox
from helpers.errors import CourseError
from helpers.files import write_text
from helpers.testgen import assertions

HARNESS = Path(__file__).with_name("filecheck.py").read_text(encoding="utf-8")
_LIMITS = sandbox.Limits(seconds=60.0, output_bytes=400_000)
NOT_IMPORTED = "its module cannot be imported by a test"
ENDLESS = "it does not come back"


def text_of(module, tests):
    """The text of a test file. tests: {name of a function of `module`: the text of its test}."""
    imports, bodies, functions = set(), [], _renamed(tests)
    for name, tree in functions.items():
        imports |= {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        bodies += [ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)]
        functions[name] = imported_as(name, tests)
    for test in list(tests.values()):
        functions |= {name: name for name in _classes(test)}
    names = ", ".join(name if name == other else f"{name} as {other}" for name, other in sorted(functions.items()))
    head = (
        f'"""What {module} does today, pinned. Written by: python3 -m helpers testgen. Not proof that it is right."""'
    )
    standard = sorted((one for one in imports if "pytest" not in one), key=lambda one: (one.startswith("from"), one))
    others = sorted(imports - set(standard))
    blocks = [head, "\n".join(standard), "\n".join(others), f"from {module} import {names}", "\n\n\n".join(bodies)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _classes(test):
    """The names in the text of a test that are neither Python's own nor imported: exceptions and classes of the module.
    They are written with a capital letter.
    """
    nodes = list(ast.walk(ast.parse(test)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names -= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names -= {node.arg for node in nodes if isinstance(node, ast.arg)}  # of a lambda
    return sorted(one for one in names - set(assertions.IMPORTS) if one[0].isupper() and not hasattr(builtins, one))


def imported_as(name, tests):
    """The name that a file imports a function under: another one where a test of the file means something else by it,
    such as `list`, and where pytest would call it, such as `setup_function`.
    """
    if name.startswith(("setup_", "teardown_", "pytest_")) or name in ("setup", "teardown"):
        return f"{name}_"
    known = name in assertions.IMPORTS or hasattr(builtins, name)
    used = known and any(
        isinstance(node, ast.Name) and node.id == name
        for other, text in tests.items()
        for node in ast.walk(ast.parse(text))
        if other != name
    )
    return f"{name}_" if used else name


def _renamed(tests):
    """{name: the tree of its test}: with the name that the file imports, and a test's name that no other has."""
    found, taken = {}, set()
    for name, text in tests.items():
        found[name] = tree = ast.parse(text)
        other = imported_as(name, tests)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name:
                node.id = other
            if isinstance(node, ast.FunctionDef):
                node.name = _free(node.name, taken)
                taken.add(node.name)
    return found


def _free(name, taken):
    number = 2
    while (found := name if name not in taken else f"{name}_{number}") in taken:
        number += 1
    return found


def formatted(text):
    """`text` as ruff formats it; as it is where ruff is missing or refuses."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "-"]
    try:
        ended = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return text
    return ended.stdout.decode() if ended.returncode == 0 and ended.stdout else text


def failures(module, tests, readable=(), hash_seed=0, elsewhen=False):
    """{name: why} of those `tests` (see `text_of`) that do not hold in one file, on the module as it is imported.

    hash_seed: decides the order of sets. elsewhen: on another day, on another machine, for another user.
    """
    left, found = dict(tests), {}
    while left:
        job = _job(module, left) | {"elsewhen": elsewhen, "readable": [str(folder) for folder in readable]}
        why = _ask(job, list(left), hash_seed)
        if not why:
            break
        found |= why
        left = {name: text for name, text in left.items() if name not in why}
    return found


def failures_together(by_module, readable=()):
    """{(module, name): why} of tests that fail beside those of other modules: pytest runs all files in one process.

    by_module: {module: tests (see `text_of`)}. A run that does not come back says nothing.
    """
    left, found = {module: dict(tests) for module, tests in by_module.items() if tests}, {}
    for _ in range(3):
        modules = sorted(left)
        job = {"files": [_job(module, left[module]) for module in modules]}
        job["readable"] = [str(folder) for folder in readable]
        limits = replace(_LIMITS, seconds=60.0 + 5 * len(modules))
        ended = sandbox.run(f"job = {job!r}\n", limits=limits, harness=HARNESS, readable=job["readable"])
        failed = ended.result.get("failed", {}) if isinstance(ended.result, dict) else {}
        for number, tests in failed.items():
            file = job["files"][int(number)]
            of_test = dict(zip(file["tests"], file["names"], strict=True))
            for test, why in tests.items():
                name = of_test[test]
                found[file["module"], name] = f"its test fails after others have run, which change what it uses: {why}"
                left[file["module"]].pop(name, None)
        left = {module: tests for module, tests in left.items() if tests}
        if not failed or not left:
            break
    return found


def _job(module, tests):
    names = [node.name for tree in _renamed(tests).values() for node in tree.body if _is_test(node)]
    return {"module": module, "names": list(tests), "text": text_of(module, tests), "tests": names}


def _is_test(node):
    return isinstance(node, ast.FunctionDef)


def _ask(job, functions, hash_seed):
    """{name of a function: why} of what fails in one run of a file; {} if nothing does."""
    ended = sandbox.run(
        f"job = {job!r}\n", limits=_LIMITS, harness=HARNESS, hash_seed=hash_seed, readable=job["readable"]
    )
    answer = ended.result if isinstance(ended.result, dict) else {}
    of_test = dict(zip(job["tests"], functions, strict=True))
    if "failed" in answer:
        said = "its test fails on its module as it is imported"
        return {of_test[test]: f"{said}: {why}" for test, why in answer["failed"].items()}
    if "missing" in answer:
        return {name: f"its module has no {name} once it is imported" for name in answer["missing"]}
    if "file" in answer:
        return dict.fromkeys(functions, f"a file with its test cannot be run: {answer['file']}")
    if "module" in answer:
        return dict.fromkeys(functions, f"{NOT_IMPORTED}: {answer['module']}")
    last = re.findall(r"^(module|test (?=\d)|end)(\d*)$", ended.stdout, re.MULTILINE)[-1:]
    if last and last[0][0] == "test " and int(last[0][1]) < len(functions):
        return {functions[int(last[0][1])]: "its test does not come to an end in its file"}
    why = ENDLESS if ended.status in ("timeout", "killed") else "it ends the program"
    return dict.fromkeys(functions, f"{NOT_IMPORTED}: {why}")


# --- A folder of them -------------------------------------------------------------------------------------------------


def covered(out):
    """{(module, name)} of what the test files in a folder import: what somebody, or an earlier run, wrote tests for."""
    found = set()
    for path in sorted(Path(out).glob("test_*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {(node.module, alias.name) for alias in node.names}
    return found


def path_for(out, module):
    """Where the next tests of a module go: a file that is not there yet."""
    # Two test files of one name stop pytest, wherever they are, and test_<module>.py is what people call theirs.
    stem, number = f"test_generated_{module.replace('.', '_')}", 2
    path = Path(out) / f"{stem}.py"
    while path.exists():
        path, number = Path(out) / f"{stem}_{number}.py", number + 1
    return path


def save(out, module, tests):
    """Write a file with these tests (see `text_of`); its path. A file that is there is never written over."""
    path = path_for(out, module)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, formatted(text_of(module, tests)))
    return path


# --- What makes the modules importable --------------------------------------------------------------------------------


_HEAD = '"""Lets the tests import the code that they test."""\n\n'
_IMPORTS = "import sys\nfrom pathlib import Path\n\n"
_LINE = "sys.path.insert(0, str((Path(__file__).parent / {}).resolve()))\n"


def save_conftest(out, roots):
    """Write the file that lets the tests import what is below `roots`, where there is none."""
    path = Path(out) / "conftest.py"
    if not path.exists():
        write_text(path, _HEAD + _insertions(out, roots))


def _insertions(out, roots):
    relative = [os.path.relpath(root, out).replace(os.sep, "/") for root in roots]
    return _IMPORTS + "".join(_LINE.format(json.dumps(one)) for one in relative)


def _own_roots(out):
    """The folders that the tests in `out` import from by a file that `save_conftest` wrote; None if there is none."""
    path = Path(out) / "conftest.py"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not text.startswith(_HEAD):
        return None
    before, after = map(re.escape, _LINE.split("{}"))
    return [(Path(out) / json.loads(one)).resolve() for one in re.findall(f'{before}("[^"\n]*"){after}', text)]


def check_conftest(out, roots):
    """Raise CourseError where an earlier run wrote tests to `out` that import from somewhere else than `roots`."""
    known = _own_roots(out)
    if known is not None and not {root.resolve() for root in roots} <= set(known):
        raise CourseError(
            f"The tests in {out} are of the code in {', '.join(map(str, known))}, and its conftest.py finds no other. "
            "Give another folder as --out."
        )


def advice(out, roots):
    """What a person may have to add so that pytest can import what is below `roots`: lines; '' where nothing is.

    A conftest.py that is not ours stays as it is, and may do that already, or not. No program can tell without running
    the person's pytest.
    """
    if not (Path(out) / "conftest.py").exists() or _own_roots(out) is not None:
        return ""
    said = f"{out}/conftest.py is yours and stays as it is. If pytest does not find the modules, add "
    folder = next((one for one in Path(out).resolve().parents if (one / "pyproject.toml").is_file()), None)
    if folder is None:
        return f"{said}this to it:\n{textwrap.indent(_insertions(out, roots), '  ')}".rstrip()
    if {root.resolve() for root in roots} <= {(folder / one).resolve() for one in _pythonpath(folder)}:
        return ""
    relative = json.dumps([os.path.relpath(root, folder).replace(os.sep, "/") for root in roots])
    return f"{said}to [tool.pytest.ini_options] in {folder / 'pyproject.toml'}:\n  pythonpath = {relative}"


def _pythonpath(folder):
    """Where pytest looks for modules by the pyproject.toml in a folder."""
    try:
        settings = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        found = settings["tool"]["pytest"]["ini_options"]["pythonpath"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return found.split() if isinstance(found, str) else [str(one) for one in found]
