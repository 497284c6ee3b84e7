"""What kind of value a parameter takes: read off its type hint, its default, how the body uses it, and its name.

A kind is a short text: "int", "text", "list int". `arguments` knows how to write values of each. Where tests are kept
(`thorough`), hints are followed more closely, and a kind may be an `Of`; training pairs stay as simple as they are.
"""

import ast
from typing import NamedTuple


class Of(NamedTuple):
    """The kind of a container. outer: "list", "tuple", "set" or "dict". inside: the kinds of what it holds, a tuple for
    each value of a tuple, one for the keys and one for the values of a dict, else one for all. A dict whose values have
    no kinds gets those that its keys are called after.
    """

    outer: str
    inside: tuple


# What people call their parameters. The first that fits decides, and only where nothing better is known.
_NAMES = {
    "int": "n k i j m num number count size length width height index start stop step depth limit year month day base",
    "float": "x y z value amount rate ratio price percent tolerance",
    "text": "s text string name line word path msg message title sentence url key_name sep delimiter prefix suffix",
    "list int": "items values numbers nums seq sequence iterable it array arr lst xs ys collection data elements",
    "list text": "words lines names strings tokens args paths",
    "callable": "f fn func function callback predicate pred key iteratee comparator transform mapper",
    "dict": "d dct dictionary mapping obj options config params kwargs attrs",
    "matrix": "matrix grid board graph intervals pairs rows",
    "bytes": "data_bytes buf buffer raw",
}
_BY_NAME = {name: kind for kind, names in reversed(_NAMES.items()) for name in names.split()}

_HINTS = {
    "int": ["int"], "float": ["float", "int"], "str": ["text"], "bytes": ["bytes"], "bool": ["bool"],
    "None": ["none"], "list": ["list int", "list text"], "List": ["list int", "list text"], "dict": ["dict"],
    "Dict": ["dict"], "Mapping": ["dict"], "MutableMapping": ["dict"], "tuple": ["tuple int"], "Tuple": ["tuple int"],
    "set": ["set int"], "Set": ["set int"], "frozenset": ["set int"], "Callable": ["callable"], "complex": ["float"],
    "Sequence": ["list int", "text"], "Iterable": ["list int", "list text"], "Collection": ["list int"],
    "Iterator": ["list int"], "AnyStr": ["text"], "Number": ["int", "float"], "date": ["date"], "datetime": ["date"],
    "Decimal": ["int"], "Pattern": ["text"], "Hashable": ["int", "text"], "Path": ["text"],
}  # fmt: skip
RECORD = Of("dict", (("text",), ()))
# The same where tests are kept: nothing that only resembles what the hint says. A Path leads out of the sandbox.
_CLOSER = _HINTS | dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping"), [RECORD, "mapping"])
_CLOSER |= {"date": ["day"], "datetime": ["datetime"], "time": ["time"], "timedelta": ["timedelta"]}
_CLOSER |= {"Decimal": ["decimal"], "Path": []}
_OF = {"list": "list", "List": "list", "Sequence": "list", "Iterable": "list", "Collection": "list",
       "Iterator": "list", "set": "set", "Set": "set", "frozenset": "set", "tuple": "tuple",
       "Tuple": "tuple"}  # fmt: skip
_SIMPLE = {("int",): "int", ("float", "int"): "float", ("text",): "text"}  # what "list int" and its like can hold
_UNKNOWN = ("int", "text", "none")  # kinds of a value in a tuple or a dict where its hint does not say
_TEXT = set(
    "upper lower strip lstrip rstrip split rsplit splitlines startswith endswith replace join encode isdigit "
    "isalpha isupper islower isspace title capitalize partition rpartition format casefold zfill".split()
)
_LIST = set("append extend insert sort reverse".split())
_DICT = set("items keys values get setdefault update".split())
_BYTES = set("decode hex".split())
EVERY = ["int", "text", "list int", "list text", "float", "dict", "matrix", "bool", "tuple int", "none", "callable",
         "bytes", "set int"]  # fmt: skip


def kinds_of(parameter, function, default=None, thorough=False):
    """The kinds that `parameter` (ast.arg) of `function` (ast.FunctionDef) may have, likeliest first; never empty.

    default: the node of its default, if it has one. thorough: see the top of this file.
    """
    found = hinted(parameter.annotation, thorough)
    if found:
        return found
    found = [*_default(default), *_used(parameter.arg, function), *named(parameter.arg)]
    found = list(dict.fromkeys(found)) or ["int", "text", "list int"]
    return richer(found) if thorough else found


def richer(kinds):
    """`kinds` with more values to choose from, such as dicts whose keys are of mixed case."""
    more = {"dict": [RECORD, "mapping"], "matrix": ["table"], "date": ["day"]}
    return [new for kind in kinds for new in more.get(kind, [kind])]


def hinted(node, thorough=False):
    """The kinds of a type hint; [] where it says nothing."""
    node = parsed(node)
    if node is None:
        return []
    if isinstance(node, ast.Constant):
        return ["none"] if node.value is None else []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*hinted(node.left, thorough), *hinted(node.right, thorough)]
    if isinstance(node, ast.Subscript):
        return _subscript(node, thorough)
    return list((_CLOSER if thorough else _HINTS).get(last_name(node), []))


def parsed(node):
    """The node of a type hint, read where it is a text; None where there is none, or one that nobody can read."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return node
    try:
        return parsed(ast.parse(node.value.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def last_name(node):
    """`b` of a name `b` and of an attribute `a.b`; "" of anything else."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def parts_of(node):
    """(last name of the container, nodes of what it holds) of a hint such as `dict[str, int]`."""
    return last_name(node.value), node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _subscript(node, thorough):
    outer, inner = parts_of(node)
    if outer in ("Optional", "Union"):
        found = [kind for part in inner for kind in hinted(part, thorough)]
        return found + ["none"] if outer == "Optional" else found
    if outer == "Literal":
        return ["literal " + ast.unparse(part) for part in inner]
    if thorough and inner:
        return _filled(outer, inner)
    if outer in _OF and (first := hinted(inner[0]) if inner else []):
        simple = {"int": "int", "float": "float", "text": "text"}
        if first[0] in simple:
            return [f"{_OF[outer]} {simple[first[0]]}"]
        return ["matrix"] if first[0].startswith(("list", "tuple")) else list(_HINTS[outer])
    return list(_HINTS.get(outer, []))


def _filled(outer, inner):
    """The kinds of a container that holds what its hint says."""
    if outer == "Annotated":
        return hinted(inner[0], True)
    several = [tuple(hinted(part, True)) for part in inner]
    if RECORD in _CLOSER.get(outer, []) and len(inner) == 2:
        return [Of("dict", (several[0] or ("text",), several[1] or _UNKNOWN))]
    if _OF.get(outer) == "tuple" and ast.unparse(inner[-1]) != "...":
        return [Of("tuple", tuple(one or _UNKNOWN for one in several))]
    if outer not in _OF or not several[0]:
        return list(_CLOSER.get(outer, []))
    if several[0] in _SIMPLE:
        return [f"{_OF[outer]} {_SIMPLE[several[0]]}"]
    found = Of(_OF[outer], (several[0],))
    return ["grid", found] if several[0] in (("list int",), ("list float",)) else [found]


def _default(node):
    """The kinds that a default, or what a parameter is compared with, speaks for."""
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return _default(node.operand)  # -1
    if not isinstance(node, ast.Constant):
        return {ast.List: ["list int"], ast.Tuple: ["tuple int"], ast.Dict: ["dict"]}.get(type(node), [])
    kinds = {bool: "bool", int: "int", float: "float", str: "text", bytes: "bytes"}
    return [kinds[type(node.value)]] if type(node.value) in kinds else []


def _used(name, function):
    """Kinds from what the body does with the parameter."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            found += _called(name, node)
        elif isinstance(node, ast.For | ast.comprehension) and _is(node.iter, name):
            found += ["list int", "text"]
        elif isinstance(node, ast.Subscript) and _is(node.value, name):
            key = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            found += ["dict"] if key else ["list int", "text"]
        elif isinstance(node, ast.BinOp) and (_is(node.left, name) or _is(node.right, name)):
            texts = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in (node.left, node.right))
            found += ["text"] if texts else ["int", "float"]
        elif isinstance(node, ast.Compare) and any(_is(one, name) for one in [node.left, *node.comparators]):
            found += [kind for one in _compared(node) for kind in _default(one)]
    return found


def _compared(node):
    """What a comparison holds: of `mode in ("r", "w")` the texts, not the tuple."""
    for one in [node.left, *node.comparators]:
        choice = isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(one, ast.List | ast.Tuple | ast.Set)
        yield from one.elts if choice else [one]


def _called(name, node):
    called = node.func
    if _is(called, name):
        return ["callable"]
    if isinstance(called, ast.Attribute) and _is(called.value, name):
        for kind, methods in (("text", _TEXT), ("list int", _LIST), ("dict", _DICT), ("bytes", _BYTES)):
            if called.attr in methods:
                return [kind]
    if isinstance(called, ast.Name) and any(_is(one, name) for one in node.args):
        passed = {"len": ["list int", "text"], "sum": ["list int"], "sorted": ["list int"], "iter": ["list int"],
                  "range": ["int"], "enumerate": ["list int"], "abs": ["int", "float"], "ord": ["text"],
                  "map": ["list int"], "max": ["list int"], "min": ["list int"], "zip": ["list int"]}  # fmt: skip
        if called.id == "isinstance" and len(node.args) == 2:
            types = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            return [kind for one in types for kind in hinted(one)]
        return passed.get(called.id, [])
    return []


def _is(node, name):
    return isinstance(node, ast.Name) and node.id == name


def named(name):
    """The kind that a name speaks for, in a list; [] where it says nothing."""
    plain = name.lower().strip("_").rstrip("0123456789")
    return [kind for kind in [_BY_NAME.get(plain) or _BY_NAME.get(plain.rsplit("_", 1)[-1])] if kind]
