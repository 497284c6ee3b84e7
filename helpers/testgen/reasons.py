"""Why no test is written for a function, as far as its text shows: what it depends on, and what it is to be given."""

import ast

from helpers.testgen.kinds import hinted, parsed, parts_of
from helpers.testgen.proposals import parameters

# What a function calls or reads if its result depends on more than its arguments.
_OUTSIDE_MODULES = set(
    "os sys time random subprocess socket shutil tempfile pathlib logging threading multiprocessing asyncio urllib "
    "requests secrets uuid getpass platform signal sqlite3 http ssl select glob".split()
)
_OUTSIDE_NAMES = set("open input exec eval compile globals locals breakpoint exit quit __import__".split())
_OUTSIDE_METHODS = set("now today utcnow write_text read_text write_bytes read_bytes mkdir unlink".split())
# ... but not these, and what is below them. What of them does look at files is seen when it runs.
_HARMLESS = set(
    "os.path os.sep os.linesep os.fspath os.PathLike sys.maxsize sys.version_info sys.byteorder urllib.parse uuid.UUID "
    "uuid.uuid3 uuid.uuid5 pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib.Path".split()
)
# What is another one on each day, machine or start of Python. A module that asks for it once, as it is imported, has it
# as a constant, and nothing shows while its functions run.
_CHANGING = set("time secrets uuid socket getpass tempfile random".split())
_OF_THE_SYSTEM = set("os.environ os.getenv os.getcwd os.getlogin os.getpid os.getuid os.uname os.urandom".split())
# These read a clock, and `watching` does not see them in a function that is called.
_CLOCKS = {f"time.{name}" for name in "gmtime localtime strftime ctime asctime monotonic monotonic_ns perf_counter "
           "perf_counter_ns process_time process_time_ns thread_time thread_time_ns".split()}  # fmt: skip
_FILES = {"pathlib.Path", "pathlib.PosixPath", "os.PathLike", "typing.IO", "typing.TextIO", "typing.BinaryIO"}
_TYPING = {"typing", "typing_extensions", "types", "collections", "numbers", "abc"}  # what they hold says no class


def top_level(body):
    """The statements of a module's top level, those below an `if`, `try` or `with` included."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.TryStar | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from top_level(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from top_level(handler.body)


def why_not(node, tree):
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
                if isinstance(called, ast.Name) and called.id == "print" and "print" not in own:
                    return "it prints"
                if isinstance(called, ast.Name) and called.id in _OUTSIDE_NAMES - own:
                    return f"it depends on more than its arguments: {called.id}()"
                if isinstance(called, ast.Attribute) and called.attr in _OUTSIDE_METHODS:
                    return f"it depends on more than its arguments: {called.attr}()"
    return _through_others(node, tree, own)


def _through_others(function, tree, own):
    """Why not, by what a function uses of its module: other functions there, and what is assigned at its top level."""
    known, there = _imported(tree), {}
    for part in top_level(tree.body):
        if isinstance(part, ast.FunctionDef):
            there.setdefault(part.name, part)
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
            names = {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
            there |= dict.fromkeys(names, part.value)
    used, seen = [(function.name, function)], {function.name, *own}
    while used:
        name, part = used.pop()
        for one in ast.walk(part):
            origin, place = _origin(one, known), getattr(one, "id", "")
            if place == "__file__":
                return "it depends on where its file is"
            if origin in _CLOCKS or (not isinstance(part, ast.FunctionDef) and _is_changing(one, origin)):
                return f"it depends on more than its arguments: {name}, by {origin or ast.unparse(one)}"
            if place in there and place not in seen:
                seen.add(place)
                used.append((place, there[place]))
    return ""


def _is_changing(node, origin):
    """Whether a constant that holds this node is another one on another day or machine. origin: see `_origin`."""
    first, _, rest = origin.partition(".")
    method = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    of_module = first in _CHANGING and _is_outside(origin) and not rest.isupper() and not rest.startswith("Random")
    return of_module or origin in _OF_THE_SYSTEM or method in ("now", "today", "utcnow")


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


def unmakeable(node, tree):
    """A phrase if a parameter without a default is hinted with a class that no call can be given; '' if none is."""
    known = _imported(tree)
    known |= {part.name: part.name for part in top_level(tree.body) if isinstance(part, ast.ClassDef)}
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    for parameter, default in [*parameters(node), *named]:
        hint = parsed(parameter.annotation)
        missing = _missing(hint, known) if default is None else None
        if missing:
            text, name = ast.unparse(hint), ast.unparse(missing)
            is_a = f"its parameter {parameter.arg} is {'an' if text[0] in 'AEIOU' else 'a'} {text}"
            if _is_file(missing, known):
                return f"{is_a}: files are outside of the sandbox"
            if text == name:
                return f"{is_a}, which the tool cannot make"
            return f"{is_a}, and the tool cannot make a {name}"
    return ""


def _missing(hint, known):
    """The node of the class in a type hint that no value can be made of; None if a call can do without it.

    known: {name: what it stands for, dotted} of a module's imports and classes.
    """
    hint = parsed(hint)
    if isinstance(hint, ast.BinOp):
        either = [_missing(hint.left, known), _missing(hint.right, known)]
        return either[0] if all(either) else None
    if isinstance(hint, ast.Subscript):
        outer, inner = parts_of(hint)
        found = [_missing(part, known) for part in inner] if outer not in ("Optional", "Literal", "Callable") else []
        return next(filter(None, found), None) if outer != "Union" or all(found) else None
    name = ast.unparse(hint) if isinstance(hint, ast.Name | ast.Attribute) else ""
    first, _, rest = name.partition(".")
    if first not in known or hinted(hint, True):
        return None
    # What typing and the like hold says no class; one letter is none, but a type variable.
    is_class = known[first].partition(".")[0] not in _TYPING and (rest or len(first) > 1)
    return hint if is_class or _is_file(hint, known) else None


def _is_file(node, known):
    return (_origin(node, known) or ast.unparse(node)) in _FILES
