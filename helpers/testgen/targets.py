"""The functions in a file, folder or installed module that tests can be written for, and why not for the others.

Nothing is imported or executed here: files are read and parsed. What is executed later runs in the sandbox.
"""

import ast
import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers.corpus.alone import FUTURE, Module, NotAlone
from helpers.errors import CourseError

# Folders that hold no code of the user's own.
_SKIPPED = {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env", "tests", "test", "testing"}
# What a function calls or reads if its result depends on more than its arguments.
_OUTSIDE_MODULES = set(
    "os sys time random subprocess socket shutil tempfile pathlib logging threading multiprocessing asyncio urllib "
    "requests secrets uuid getpass platform signal sqlite3 http ssl select glob Path".split()
)
_OUTSIDE_NAMES = set("open input print exec eval compile globals locals breakpoint exit quit __import__".split())
_OUTSIDE_METHODS = set("now today utcnow write_text read_text write_bytes read_bytes mkdir unlink".split())
_HARMLESS = {("os", "path"), ("sys", "maxsize"), ("urllib", "parse"), ("os", "sep"), ("sys", "version_info")}
_COPIED, _LARGEST, _MOST = {".py", ".json", ".txt", ".toml", ".csv", ".cfg", ".ini"}, 2_000_000, 5_000


@dataclass(frozen=True)
class Target:
    """A function to test: module (dotted, as a test imports it), name, text (the program to execute), source (its own
    text), path (the file), and the folders that the program may import from.
    """

    module: str
    name: str
    text: str
    source: str
    path: Path
    readable: tuple = ()


@dataclass(frozen=True)
class NotTestable:
    """A function that no test is written for, and why: a phrase for people. name is '' for a whole file."""

    module: str
    name: str
    path: Path
    why: str


@dataclass(frozen=True)
class Place:
    """Where code was found: its files, the folder that its modules are imported from, and whether it is installed."""

    files: tuple
    root: Path
    installed: bool


def locate(what):
    """The `Place` of a file, a folder or an installed module (its dotted name). Raises CourseError."""
    path = Path(what)
    if path.is_file() and path.suffix == ".py":
        return Place((path.resolve(),), _root(path.resolve().parent), _is_installed(path.resolve()))
    if path.is_dir():
        files = tuple(sorted(_python_files(path.resolve())))
        if not files:
            raise CourseError(f"There is no Python file in {path}. Give a .py file, a folder of them, or a module.")
        return Place(files, _root(path.resolve()), _is_installed(path.resolve()))
    if path.exists() or path.suffix == ".py" or any(mark in what for mark in "/\\"):
        reason = "is no Python file" if path.exists() else "does not exist"
        raise CourseError(f"{path} {reason}. Give a .py file, a folder, or the name of an installed module.")
    return _installed(what)


def _installed(name):
    """The place of an installed module. Only its first part is looked up, which imports nothing."""
    first, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise CourseError(f"{name!r} is no file, no folder, and no module that is installed here ({sys.executable}).")
    if not spec.submodule_search_locations and not (spec.origin or "").endswith(".py"):
        raise CourseError(f"{name!r} is built into Python: there is no Python code to test.")
    if not spec.submodule_search_locations:
        file = Path(spec.origin)
        return Place((file,), file.parent, True)
    place = Path(next(iter(spec.submodule_search_locations))).joinpath(*rest)
    if place.with_suffix(".py").is_file():
        return Place((place.with_suffix(".py"),), _root(place.parent), True)
    if not place.is_dir():
        raise CourseError(f"There is no module {'.'.join(rest)!r} in {first!r}, which is installed at {place.parent}.")
    return Place(tuple(sorted(_python_files(place))), _root(place), True)


def _is_installed(path):
    return any(str(path).startswith(str(Path(prefix).resolve()) + "/lib") for prefix in (sys.prefix, sys.base_prefix))


def _root(folder):
    """The first folder above that is no package: what a module's dotted name starts from."""
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _python_files(folder):
    for path in folder.rglob("*.py"):
        above = path.relative_to(folder).parts[:-1]
        if any(part.startswith(".") or part in _SKIPPED for part in above):
            continue
        if not path.name.startswith("test_") and path.name not in ("setup.py", "conftest.py", "__main__.py"):
            yield path


def functions(place, readable):
    """(list of `Target`, list of `NotTestable`): the public functions at the top level of the files of a place.

    readable: folders that programs may import from, beyond Python's own (see `staged`).
    """
    targets, others = [], []
    for path in place.files:
        module = ".".join(path.relative_to(place.root).with_suffix("").parts).removesuffix(".__init__")
        problem = _problem_of_name(module, place.installed)
        try:
            text = path.read_text(encoding="utf-8-sig")
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            problem = f"it does not parse: {str(error):.80}"
        if problem:
            others.append(NotTestable(module, "", path, problem))
            continue
        own, seen = Module(tree, text), {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                seen[node.name] = node
        for name, node in seen.items():
            why = _why_not(node)
            if why:
                others.append(NotTestable(module, name, path, why))
            else:
                program, folders = _program(own, module, node, text, readable)
                targets.append(Target(module, name, program, ast.get_source_segment(text, node), path, folders))
    return targets, others


def _problem_of_name(module, standard):
    first = module.partition(".")[0]
    if not all(part.isidentifier() for part in module.split(".")):
        return "its file name is no name that Python can import"
    if first in sys.stdlib_module_names and not standard:
        return f"Python has a module {first!r} of its own, which a test would import instead: rename the file"
    return ""


def _why_not(node):
    """Why a function's result cannot be pinned, as far as its text shows it; '' if nothing speaks against it."""
    if isinstance(node, ast.AsyncFunctionDef):
        return "it is async"
    if node.name.startswith("test"):
        return "it is a test itself"
    for decorator in node.decorator_list:
        if any(
            word in ast.unparse(decorator) for word in ("fixture", "command", "route", "overload", "contextmanager")
        ):
            return f"it is decorated by {ast.unparse(decorator):.40}"
    own = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    for part in node.body:
        for one in ast.walk(part):
            if isinstance(one, ast.Global):
                return "it changes a global variable"
            if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
                if one.value.id in _OUTSIDE_MODULES - own and (one.value.id, one.attr) not in _HARMLESS:
                    return f"it depends on more than its arguments: {one.value.id}.{one.attr}"
            if isinstance(one, ast.Call):
                called = one.func
                if isinstance(called, ast.Name) and called.id in _OUTSIDE_NAMES - own:
                    return f"it depends on more than its arguments: {called.id}()"
                if isinstance(called, ast.Attribute) and called.attr in _OUTSIDE_METHODS:
                    return f"it depends on more than its arguments: {called.attr}()"
    return ""


def _program(own, module, node, text, readable):
    """(program text, folders it needs): the function cut out if it runs alone, else with the names of its module."""
    try:
        return own.alone(node.name).module, ()
    except NotAlone:
        pass
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    source = "\n".join(text.split("\n")[first - 1 : node.end_lineno])
    names = f"vars(importlib.import_module({module!r}))"
    head = f"import importlib\n\nglobals().update({{k: v for k, v in {names}.items() if not k.startswith('__')}})"
    return f"{FUTURE}\n{head}\n\n\n{source}\n", tuple(readable)


def staged(place, folder):
    """A copy of the code below `place.root` in `folder`, so that programs in the sandbox can import it; its folder.

    The sandbox may then read the copy, and nothing of the original: data, keys and the like stay out. An installed
    module needs none.
    """
    if place.installed:
        return ()
    tops = {path.relative_to(place.root).parts[0] for path in place.files}
    tops |= {path.name for path in place.root.glob("*.py")} | {
        path.parent.name for path in place.root.glob("*/__init__.py")
    }
    count = 0
    for top in sorted(tops):
        source = place.root / top
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(place.root).parts)
            if hidden or path.suffix not in _COPIED or not path.is_file() or path.stat().st_size > _LARGEST:
                continue
            count += 1
            if count > _MOST:
                raise CourseError(f"{place.root} holds more than {_MOST} files. Give a smaller folder.")
            target = Path(folder) / path.relative_to(place.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return (str(folder),)
