"""The functions in a file, folder or installed module that tests can be written for, and why not for the others.

Nothing is imported or executed here: files are read and parsed. What is executed later runs in the sandbox.
"""

import ast
import importlib.util
import shutil
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

from helpers.corpus.alone import FUTURE, Module, NotAlone
from helpers.errors import CourseError
from helpers.testgen.kinds import hinted
from helpers.testgen.proposals import parameters

# Folders that hold no code of the user's own.
_SKIPPED = {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env", "tests", "test", "testing"}
# What a function calls or reads if its result depends on more than its arguments.
_OUTSIDE_MODULES = set(
    "os sys time random subprocess socket shutil tempfile pathlib logging threading multiprocessing asyncio urllib "
    "requests secrets uuid getpass platform signal sqlite3 http ssl select glob".split()
)
_OUTSIDE_NAMES = set("open input print exec eval compile globals locals breakpoint exit quit __import__".split())
_OUTSIDE_METHODS = set("now today utcnow write_text read_text write_bytes read_bytes mkdir unlink".split())
# ... but not these, and what is below them. What of them does look at files is seen when it runs.
_HARMLESS = set(
    "os.path os.sep os.linesep os.fspath os.PathLike sys.maxsize sys.version_info sys.byteorder urllib.parse uuid.UUID "
    "uuid.uuid3 uuid.uuid5 pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib.Path".split()
)
_TYPING = {"typing", "typing_extensions", "types", "collections", "numbers", "abc"}  # what they hold says no class
_COPIED, _LARGEST, _MOST = {".py", ".json", ".txt", ".toml", ".csv", ".cfg", ".ini"}, 2_000_000, 5_000


@dataclass(frozen=True)
class Target:
    """A function to test: module (dotted, as a test imports it), name, text (the program to execute), source (its own
    text), path (the file), and the folders that the program may import from. doc: its docstring. why: a phrase if no
    call of it can be made, though its documented examples can run.
    """

    module: str
    name: str
    text: str
    source: str
    path: Path
    readable: tuple = ()
    doc: str = ""
    why: str = ""


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
        own, seen = Module(tree, text), {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                seen[node.name] = node
        for name, node in seen.items():
            why = _why_not(node, tree)
            if why:
                others.append(NotTestable(module, name, path, why))
            else:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                program, folders = _program(own, module, node, text, readable, package)
                source, doc = ast.get_source_segment(text, node), ast.get_docstring(node) or ""
                targets.append(Target(module, name, program, source, path, folders, doc, _unmakeable(node, tree)))
        if classes := sum(isinstance(node, ast.ClassDef) for node in tree.body):
            said = f"{classes} class{'es' * (classes > 1)}: only functions at the top level get tests"
            others.append(NotTestable(module, "", path, said))
    return targets, others


def _problem_of_name(module, standard):
    first = module.partition(".")[0]
    if not all(part.isidentifier() for part in module.split(".")):
        return "its file name is no name that Python can import"
    if first in sys.stdlib_module_names and not standard:
        return f"Python has a module {first!r} of its own, which a test would import instead: rename the file"
    return ""


def _why_not(node, tree):
    """Why a function's result cannot be pinned, as far as its text and its module's imports (`tree`) show it; '' if
    nothing speaks against it.
    """
    if isinstance(node, ast.AsyncFunctionDef):
        return "it is async"
    if node.name.startswith("test"):
        return "it is a test itself"
    for decorator in node.decorator_list:
        if any(
            word in ast.unparse(decorator) for word in ("fixture", "command", "route", "overload", "contextmanager")
        ):
            return f"it is decorated by {ast.unparse(decorator):.40}"
    own = {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    own |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    own |= {one.name for part in node.body for one in ast.walk(part) if isinstance(one, ast.FunctionDef)}
    known = {name: origin for name, origin in _imported(tree, node).items() if name not in own}
    seeded = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call) and (one.args or one.keywords)}
    for part in node.body:
        for one in ast.walk(part):
            if isinstance(one, ast.Global):
                return "it changes a global variable"
            origin = _origin(one, known)
            if origin and _is_outside(origin) and not (origin == "random.Random" and id(one) in seeded):
                return f"it depends on more than its arguments: {origin}"
            if isinstance(one, ast.Call):
                called = one.func
                if isinstance(called, ast.Name) and called.id in _OUTSIDE_NAMES - own:
                    return f"it depends on more than its arguments: {called.id}()"
                if isinstance(called, ast.Attribute) and called.attr in _OUTSIDE_METHODS:
                    return f"it depends on more than its arguments: {called.attr}()"
    return ""


def _imported(tree, function=None):
    """{name: what it stands for, dotted} of a module's imports, and of those inside of one function."""
    found, parts = {}, [part for part in tree.body if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    for one in [one for part in [*parts, *([function] if function else [])] for one in ast.walk(part)]:
        if isinstance(one, ast.Import):
            names = {alias.asname or alias.name.partition(".")[0]: alias for alias in one.names}
            found |= {name: alias.name if alias.asname else name for name, alias in names.items()}
        elif isinstance(one, ast.ImportFrom):
            start = "." * one.level + (one.module or "")
            found |= {alias.asname or alias.name: f"{start}.{alias.name}" for alias in one.names}
    return found


def _origin(node, known):
    """What an attribute of a module, or a name that was imported from one, stands for, dotted; '' for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
        return f"{known[node.value.id]}.{node.attr}"
    return known.get(node.id, "") if isinstance(node, ast.Name) else ""


def _is_outside(origin):
    first, _, rest = origin.partition(".")
    harmless = any(f"{origin}.".startswith(f"{one}.") for one in _HARMLESS)
    return bool(rest) and first in _OUTSIDE_MODULES and not harmless


def _unmakeable(node, tree):
    """A phrase if a parameter without a default is hinted with a class that no call can be given; '' if none is."""
    known = {name: origin for name, origin in _imported(tree).items() if origin.partition(".")[0] not in _TYPING}
    known |= {part.name: part.name for part in tree.body if isinstance(part, ast.ClassDef)}
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    for parameter, default in [*parameters(node), *named]:
        hint = parameter.annotation
        text = str(hint.value) if isinstance(hint, ast.Constant) else ast.unparse(hint) if hint else ""
        first, *more = text.split(".")  # one letter is no class, but a type variable
        if default is None and first in known and (more or len(first) > 1) and text.replace(".", "").isidentifier():
            if not hinted(hint):
                article = "an" if text[0] in "AEIOU" else "a"
                return f"its parameter {parameter.arg} is {article} {text}, which the tool cannot make"
    return ""


def _program(own, module, node, text, readable, package):
    """(program text, folders it needs): the function cut out if it runs alone, else with the names of its module."""
    try:
        return own.alone(node.name).module, ()
    except NotAlone:
        pass
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    source = "\n".join(text.split("\n")[first - 1 : node.end_lineno])
    names = f"vars(importlib.import_module({module!r}))"
    # In front of what is installed: it may be another version of the same package.
    head = f"import importlib\nimport sys\n\nsys.path[:0] = {list(readable)!r}\n"
    head += f"globals().update({{k: v for k, v in {names}.items() if not k.startswith('__')}})"
    head += f"\n__package__ = {package!r}"  # what `from .x import y` inside of a function needs
    return f"{FUTURE}\n{head}\n\n\n{source}\n", tuple(readable)


def staged(place, folder):
    """A copy of the code below `place.root` in `folder`, so that programs in the sandbox can import it; its folder.

    The sandbox may then read the copy, and nothing of the original: data, keys and the like stay out. An installed
    module needs none.
    """
    if place.installed:
        return ()
    count = 0
    for root in place.roots:
        tops = {path.relative_to(root).parts[0] for path in place.files if place.root_of(path) == root}
        tops |= {path.name for path in root.glob("*.py")} | {path.parent.name for path in root.glob("*/__init__.py")}
        for top in sorted(tops):
            source = root / top
            for path in [source] if source.is_file() else sorted(source.rglob("*")):
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
