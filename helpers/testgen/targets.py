"""The functions in a file, folder or installed module that tests can be written for, and why not for the others.

Nothing is imported or executed here: files are read and parsed. What is executed later runs in the sandbox.
"""

import ast
import importlib.util
import os
import re
import shutil
import sys
import tokenize
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from helpers.corpus.alone import FUTURE, Module, NotAlone
from helpers.errors import CourseError
from helpers.testgen import hints, reasons

# Folders that hold no code of the user's own.
_SKIPPED = {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env", "tests", "test", "testing"}
_NO_CODE = {"__pycache__", "node_modules", "site-packages", "venv"}  # of those, what no code imports from
_COPIED, _LARGEST, _MOST = {".py", ".json", ".txt", ".toml", ".csv", ".cfg", ".ini"}, 2_000_000, 5_000


@dataclass(frozen=True)
class Target:
    """A function to test: module (dotted, as a test imports it), name, text (the program to execute), source (its own
    text), path (the file), and the folders that the program may import from. doc: its docstring. why: a phrase if no
    call of it can be made, though its documented examples can run. line: where it starts, if the module may hold
    another definition of it instead (see `definitions`); else 0.
    """

    module: str
    name: str
    text: str
    source: str
    path: Path
    readable: tuple = ()
    doc: str = ""
    why: str = ""
    line: int = 0


@dataclass(frozen=True)
class NotTestable:
    """A function that no test is written for, and why: a phrase for people. name is '' for a whole file. line: as
    in `Target`.
    """

    module: str
    name: str
    path: Path
    why: str
    line: int = 0


@dataclass(frozen=True)
class Place:
    """Where code was found: its files, the folder that its modules are imported from, and whether it is installed."""

    files: tuple
    root: Path
    installed: bool

    @property
    def roots(self):
        """All folders that modules are imported from: in the src layout, that below `root`, too."""
        source = self.root / "src"
        layout = not self.installed and not (source / "__init__.py").exists()
        return [source, self.root] if layout and any(source in path.parents for path in self.files) else [self.root]

    def root_of(self, path):
        """The folder that the module at `path` is imported from."""
        return next(root for root in self.roots if root in path.parents)


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
    """The first folder above that is no package: what a module's dotted name starts from. In the src layout that is
    `src`, though there may be folders without an `__init__.py` between, which are namespace packages.
    """
    while (folder / "__init__.py").exists() and folder != folder.parent:
        folder = folder.parent
    sources = [one for one in folder.parents if one.name == "src" and (one.parent / "pyproject.toml").is_file()]
    return sources[0] if sources else folder


def _python_files(folder):
    for path in folder.rglob("*.py"):
        above = path.relative_to(folder).parts[:-1]
        if any(part.startswith(".") or part in _SKIPPED for part in above):
            continue
        others = ("setup.py", "conftest.py", "__main__.py", "tests.py")
        if not path.name.startswith("test_") and path.name not in others:
            yield path


def functions(place, readable):
    """(list of `Target`, list of `NotTestable`): the public functions at the top level of the files of a place.

    readable: folders that programs may import from, beyond Python's own (see `staged`).
    """
    targets, others = [], []
    for path in place.files:
        module = ".".join(path.relative_to(place.root_of(path)).with_suffix("").parts).removesuffix(".__init__")
        problem = _problem_of_name(module, place.installed)
        try:
            with tokenize.open(path) as file:  # in the encoding that it names
                text = file.read()
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            problem = f"it does not parse: {str(error):.80}"
        if problem:
            others.append(NotTestable(module, "", path, problem))
            continue
        own, aliases = Module(tree, text), hints.aliases_of(tree, path, place.root_of(path))
        for node, line in _public(tree):
            why = reasons.why_not(node, tree)
            if why:
                others.append(NotTestable(module, node.name, path, why, line))
            else:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                plain = hints.resolved(node, aliases)
                alone = not hints.classes_in(plain)
                program, folders = _program(own, module, node, text, readable, package, alone)
                program = program if plain is node else hints.written(program, plain)
                source = ast.unparse(node) if node.col_offset else ast.get_source_segment(text, node)
                doc, why = ast.get_docstring(node) or "", reasons.unmakeable(plain, tree)
                targets.append(Target(module, node.name, program, source, path, folders, doc, why, line))
        if classes := sum(isinstance(node, ast.ClassDef) for node in reasons.top_level(tree.body)):
            said = f"{classes} class{'es' * (classes > 1)}: only functions at the top level get tests"
            others.append(NotTestable(module, "", path, said))
    return targets, others


def _public(tree):
    """(node, line) of the public functions at a module's top level; see `Target` for the line."""
    groups = defaultdict(list)
    for node in reasons.top_level(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            groups[node.name].append(node)
    for nodes in groups.values():
        if not any(node.col_offset for node in nodes):
            yield nodes[-1], 0  # the last definition replaces the others
        else:
            yield from ((node, _first_line(node)) for node in nodes)


def _first_line(function):
    return min([function.lineno, *(one.lineno for one in function.decorator_list)])


def _problem_of_name(module, standard):
    first = module.partition(".")[0]
    if not all(part.isidentifier() for part in module.split(".")):
        return "its file name is no name that Python can import"
    if first in sys.stdlib_module_names and not standard:
        return f"Python has a module {first!r} of its own, which a test would import instead: rename the file"
    return ""


def _program(own, module, node, text, readable, package, alone=True):
    """(program text, folders it needs): the function cut out if it runs `alone`, else with the names of its module."""
    try:
        if alone:
            return own.alone(node.name).module, ()
    except NotAlone:
        pass
    lines = text.split("\n")[_first_line(node) - 1 : node.end_lineno]
    source = ast.unparse(node) if node.col_offset else "\n".join(lines)  # below an `if` or the like it is indented
    # What a module has, and what its function sees: another object may stand where a module was imported.
    names = f"{{**getattr(getattr(module, {node.name!r}, None), '__globals__', {{}}), **vars(module)}}"
    # In front of what is installed: it may be another version of the same package.
    head = f"import importlib\nimport sys\n\nsys.path[:0] = {list(readable)!r}\n"
    head += f"module = importlib.import_module({module!r})\n"
    head += f"globals().update({{k: v for k, v in {names}.items() if not k.startswith('__')}})"
    head += f"\n__package__ = {package!r}"  # what `from .x import y` inside of a function needs
    return f"{FUTURE}\n{head}\n\n\n{source}\n", tuple(readable)


def _below(folder):
    """All files below a folder, without those in hidden folders and in _NO_CODE."""
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NO_CODE]
        yield from (Path(above, name) for name in files)


def staged(place, folder):
    """A copy of the code below `place.root` in `folder`, so that programs in the sandbox can import it; its folder.

    The sandbox may then read the copy, and nothing of the original: data, keys and the like stay out. An installed
    module needs none.
    """
    if place.installed:
        return ()
    count = 0
    _describe(place, Path(folder))
    for root in place.roots:
        tops = {path.relative_to(root).parts[0] for path in place.files if place.root_of(path) == root}
        tops |= {path.name for path in root.glob("*.py")} | {path.parent.name for path in root.glob("*/__init__.py")}
        for top in sorted(tops):
            source = root / top
            for path in [source] if source.is_file() else sorted(_below(source)):
                hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
                if hidden or path.suffix not in _COPIED or not path.is_file() or path.stat().st_size > _LARGEST:
                    continue
                count += 1
                if count > _MOST:
                    raise CourseError(f"{place.root} holds more than {_MOST} files. Give a smaller folder.")
                target = Path(folder) / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    return (str(folder),)


def _describe(place, folder):
    """Write what `importlib.metadata` reads, as if the project were installed: many packages ask for their version."""
    near = next((one for one in (place.root, *place.root.parents[:2]) if (one / "pyproject.toml").is_file()), None)
    try:
        project = tomllib.loads((near / "pyproject.toml").read_text(encoding="utf-8"))["project"] if near else {}
        name, version = str(project["name"]), str(project.get("version", "0"))
    except (OSError, ValueError, KeyError, TypeError):
        return
    about = folder / f"{re.sub(r'[^A-Za-z0-9.]+', '_', name)}-{re.sub(r'[^A-Za-z0-9.+!]+', '', version)}.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
