"""What the names in type hints stand for: aliases, new types, type variables, and values of the module's own classes.

Nothing is imported: files are read and parsed. A class becomes a `Literal` of some of its values, as texts: the members
of an enumeration, and what its fields, or the parameters of its `__init__`, can be given.
"""

import ast
import copy
import functools
import random
from pathlib import Path

from helpers.testgen.arguments import argument
from helpers.testgen.kinds import hinted, last_name, parsed
from helpers.testgen.proposals import parameters
from helpers.testgen.reasons import top_level

_DEEP = 4  # an alias of an alias, an import of an import
_LARGEST = 1_000_000  # bytes of a file that is read for its aliases
_VALUES, _TRIES, _SHORT = 6, 24, 60  # of a class: how many, out of how many drawn, and characters of one
_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
_BASES = {"NamedTuple", "TypedDict", "object", "Generic", "Protocol", "ABC"}  # what brings no fields of its own


def resolved(function, aliases):
    """A copy of a function's node whose hints name no alias any more; the node itself where none does.

    aliases: {name: node of what it stands for}, see `aliases_of`.
    """
    swap = _Swap(aliases)
    arguments = copy.deepcopy(function.args)
    for one in [node for node in ast.walk(arguments) if isinstance(node, ast.arg)]:
        hint = parsed(one.annotation)
        one.annotation = swap.visit(copy.deepcopy(hint)) if hint else None
    if not swap.swapped:
        return function
    function = copy.copy(function)
    function.args = arguments
    return function


def written(program, function):
    """A program text whose function of that name has the arguments, and so the hints, of `function` (a node)."""
    tree = ast.parse(program)
    same = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function.name]
    same[-1].args = function.args
    return ast.unparse(tree) + "\n"


def classes_in(function):
    """The names of classes whose values `resolved` put into the hints of a function's node."""
    literals = [node for node in ast.walk(function.args) if isinstance(node, ast.Subscript)]
    literals = [node.slice for node in literals if last_name(node.value) == "Literal"]
    return {node.id for part in literals for node in ast.walk(part) if isinstance(node, ast.Name)}


class _Swap(ast.NodeTransformer):
    """Puts what it stands for in the place of each alias. swapped: whether there was one."""

    def __init__(self, aliases, depth=0):
        self.aliases, self.depth, self.swapped = aliases, depth, False

    def visit_Name(self, node):
        meant = self.aliases.get(node.id) if self.depth < _DEEP and not hinted(node, True) else None
        if meant is None:
            return node
        self.swapped = True
        return _Swap(self.aliases, self.depth + 1).visit(copy.deepcopy(meant))

    def visit_Subscript(self, node):
        return node if last_name(node.value) == "Literal" else self.generic_visit(node)

    def visit_Constant(self, node):
        hint = parsed(node)
        return self.visit(hint) if hint is not None and hint is not node else node


def aliases_of(tree, path, root, depth=0):
    """{name: node of what it stands for} of a module's tree. path: its file. root: where its imports start from."""
    found = {}
    for node in top_level(tree.body):
        if isinstance(node, ast.ImportFrom) and depth < _DEEP:
            file = _file(node, path, root)
            theirs = _of_file(file, root, depth + 1) if file else {}
            found |= {one.asname or one.name: theirs[one.name] for one in node.names if one.name in theirs}
        name, value = _definition(node)
        meant = _meant(value) if name else None
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            name, meant = node.name, _values(node, found)
        if meant is not None:
            found[name] = meant
    return found


@functools.lru_cache(maxsize=256)
def _of_file(path, root, depth):
    try:
        if path.stat().st_size > _LARGEST:
            return {}
        return aliases_of(ast.parse(path.read_bytes()), path, root, depth)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return {}


def _file(node, path, root):
    """The file below `root` that a `from ... import` reads, or None."""
    parts = node.module.split(".") if node.module else []
    folder = path.parents[node.level - 1] if 0 < node.level <= len(path.parents) else Path(root)
    place = folder.joinpath(*parts)
    files = [*([place.with_suffix(".py")] if place.name else []), place / "__init__.py"]
    return next((file for file in files if file.is_file() and Path(root) in file.parents), None)


def _definition(node):
    """(name, node of the value) of `Name = value`, `Name: TypeAlias = value` and `type Name = value`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and _is_name(node.targets[0]):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and _is_name(node.target) and node.value is not None:
        return (node.target.id, node.value) if last_name(node.annotation) == "TypeAlias" else (None, None)
    if type(node).__name__ == "TypeAlias":  # Python 3.12
        return node.name.id, node.value
    return None, None


def _meant(value):
    """The hint that a value stands for: of a new type what it is made of, of a type variable what it may be."""
    if isinstance(value, ast.Call) and last_name(value.func) == "NewType" and len(value.args) == 2:
        return value.args[1]
    if isinstance(value, ast.Call) and last_name(value.func) == "TypeVar":
        bound = [one.value for one in value.keywords if one.arg == "bound"]
        return functools.reduce(_either, bound or value.args[1:]) if bound or value.args[1:] else None
    return value if isinstance(value, ast.Subscript | ast.Name | ast.Attribute | ast.BinOp) else None


def _either(left, right):
    return ast.BinOp(left, ast.BitOr(), right)


def _values(node, aliases):
    """Values of a class as the node of a `Literal`; None where none can be made."""
    bases = {last_name(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases}
    if bases & _ENUMS:
        names = [one.targets[0].id for one in node.body if isinstance(one, ast.Assign) and _is_name(one.targets[0])]
        texts = [f"{node.name}.{name}" for name in names if not name.startswith("_")]
    elif bases <= _BASES and not bases & {"Protocol", "ABC"} and node.name[0].isupper():
        texts = _made(node, "TypedDict" in bases, aliases)
    else:
        texts = []
    if not texts:
        return None
    values = ", ".join(texts[:_VALUES])
    return ast.parse(f"Literal[{values}]", mode="eval").body


def _made(node, is_dict, aliases):
    """Texts of calls of a class, or of dicts with the keys of one."""
    rng, found, fields = random.Random(0), [], _fields(node)
    plain = {name: _Swap(aliases).visit(copy.deepcopy(hint)) if hint else None for name, hint, _ in fields or ()}
    kinds = {name: hinted(hint, True) for name, hint in plain.items()}
    if not all(kinds.values()):
        fields = [(name, hint, optional) for name, hint, optional in fields if not optional or kinds[name]]
    if not fields or not all(kinds[name] for name, _, _ in fields):
        return []
    for _ in range(_TRIES):
        chosen = [name for name, _, optional in fields if not optional or rng.random() < 0.5]
        given = {name: argument(kinds[name], (), rng) for name in chosen}
        if is_dict:
            found.append("{" + ", ".join(f"{name!r}: {text}" for name, text in given.items()) + "}")
        else:
            found.append(f"{node.name}({', '.join(f'{name}={text}' for name, text in given.items())})")
    return [text for text in dict.fromkeys(found) if len(text) <= _SHORT]


def _fields(node):
    """[(name, hint, whether it may be left out)] of what a class is made with; None where its text does not say."""
    own = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    if own is not None:
        if own.args.vararg or own.args.kwarg or own.args.posonlyargs:
            return None
        named = zip(own.args.kwonlyargs, own.args.kw_defaults, strict=True)
        pairs = [(one, default) for one, default in [*parameters(own)[1:], *named] if one.annotation or not default]
        return [(one.arg, one.annotation, default is not None) for one, default in pairs]
    decorated = any(last_name(getattr(one, "func", one)) == "dataclass" for one in node.decorator_list)
    if not decorated and not {last_name(base) for base in node.bases} & {"NamedTuple", "TypedDict"}:
        return None
    found = []
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and _is_name(one.target):
            hint = parsed(one.annotation)
            if hint is None or last_name(getattr(hint, "value", hint)) == "ClassVar" or last_name(hint) == "KW_ONLY":
                continue
            if "init=False" not in (ast.unparse(one.value) if one.value else ""):
                found.append((one.target.id, hint, one.value is not None))
    return found


def _is_name(node):
    return isinstance(node, ast.Name)
