"""Functions that run alone: cut out of their package with the few things they need, as one self-contained text.

What a function may need: builtins, a fixed list of modules of the standard library, constants of its own file, and at
most four functions of its own file. What reads files, the clock, the network or chance is left out, so that the same
call gives the same result everywhere.
"""

import ast
import builtins
import symtable
import textwrap
from dataclasses import dataclass

HELPERS = 4
MODULES = frozenset(
    """
    __future__ abc array base64 binascii bisect calendar cmath codecs collections contextlib copy dataclasses decimal
    difflib enum fractions functools hashlib heapq html inspect io itertools json keyword math numbers operator pprint
    re reprlib shlex statistics string struct textwrap types typing unicodedata urllib warnings zlib
    """.split()
)
_IMPURE = frozenset(
    """
    open input exec eval compile __import__ globals locals vars breakpoint exit quit help print id hash memoryview
    """.split()
)
# Added to the builtins of a notebook's or a prompt's Python: rows must not depend on who mines them.
_INTERACTIVE = frozenset("get_ipython display __IPYTHON__ _ __".split())
# What a module calls on a constant after its definition, to fill it: cut out alone it would be empty.
_FILLS = frozenset("add append clear discard extend insert pop remove setdefault sort update".split())
BUILTINS = frozenset(dir(builtins)) - _IMPURE - _INTERACTIVE | {"__name__"}
FUTURE = "from __future__ import annotations"  # so that annotations need nothing


@dataclass(frozen=True)
class Alone:
    """A function that needs nothing else. name; source: its own text; module: the text to execute, it comes last."""

    name: str
    source: str
    module: str


class NotAlone(Exception):
    """Why a function cannot be cut out: a few words for the funnel."""


class Module:
    """What the top level of a file offers to its functions: name → statement."""

    def __init__(self, tree, text):
        self.lines = text.split("\n")
        self.offers = {}
        for node in tree.body:
            for name in _defined(node):
                # A name that is defined twice could mean either.
                self.offers[name] = None if name in self.offers else node

    def text_of(self, node):
        """The source of a statement of this file, without decorators."""
        return "\n".join(self.lines[node.lineno - 1 : node.end_lineno])

    def alone(self, name):
        """The function `name` of this file as `Alone`. Raises NotAlone with the reason."""
        node = self.offers.get(name)
        if not isinstance(node, ast.FunctionDef):
            raise NotAlone("defined twice" if node is None else "not a plain function")
        needed, imports = {}, {}
        self._collect(name, needed, imports)
        helpers = sum(isinstance(one, ast.FunctionDef) for one in needed.values()) - 1
        if helpers > HELPERS:
            raise NotAlone("needs too many helpers")
        del needed[name]
        parts = sorted(needed.values(), key=lambda one: one.lineno)
        # One blank line between constants, two around functions, as a person would.
        texts = [self.text_of(one) for one in parts]
        head = "\n".join([FUTURE, *sorted(imports.values())])
        source = self.text_of(node)
        return Alone(name, source, "\n\n\n".join([head, *texts, source]) + "\n")

    def _collect(self, name, needed, imports):
        """Add what `name` needs, itself included, to `needed` (name → statement) and `imports` (name → line)."""
        node = self.offers.get(name)
        if node is None:
            raise NotAlone(f"needs {name}" if name not in self.offers else "a helper is defined twice")
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports[name] = import_line(node, name)
            return
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            raise NotAlone("has a decorator")
        if not isinstance(node, ast.FunctionDef | ast.Assign | ast.AnnAssign):
            raise NotAlone("needs a class or a conditional definition")
        _check_inside(node)
        needed[name] = node
        for other in sorted(global_names(node, self.text_of(node))):
            if other in self.offers and other not in needed:
                self._collect(other, needed, imports)
            elif other not in self.offers and other not in BUILTINS:
                raise NotAlone("reads or changes the outside" if other in _IMPURE else "needs other modules")


def _defined(node):
    """The names that a statement of a module's top level binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    # try, if, for and the like: what they bind depends on more than is seen here: twice, so that it is unclear.
    found = []
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store | ast.Del):
            found += [one.id, one.id]
        elif isinstance(one, ast.Subscript | ast.Attribute) and isinstance(one.ctx, ast.Store | ast.Del):
            found += 2 * [name.id for name in [one.value] if isinstance(name, ast.Name)]
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _FILLS:
            found += 2 * [name.id for name in [one.func.value] if isinstance(name, ast.Name)]
        elif isinstance(one, ast.Import | ast.ImportFrom | ast.FunctionDef):
            found += 2 * _defined(one)
    return found


def _check_inside(node):
    """Raise NotAlone where a statement changes its module, or imports inside a function what is not on the list."""
    for one in ast.walk(node):
        if isinstance(one, ast.Global):
            raise NotAlone("reads or changes the outside")
        if isinstance(one, ast.Import | ast.ImportFrom):
            for alias in one.names:
                import_line(one, alias.asname or alias.name.split(".")[0])


def import_line(node, name):
    """The import of one name, as a line. Raises NotAlone unless it comes from a module on the list."""
    alias = next(one for one in node.names if (one.asname or one.name.split(".")[0]) == name)
    module = node.module if isinstance(node, ast.ImportFrom) else alias.name
    if not module or getattr(node, "level", 0) or module.split(".")[0] not in MODULES:
        raise NotAlone("needs other modules")
    one = ast.alias(alias.name, alias.asname)
    if isinstance(node, ast.ImportFrom):
        return ast.unparse(ast.ImportFrom(node.module, [one], 0))
    return ast.unparse(ast.Import([one]))


def global_names(node, text):
    """The names that a statement, with all that is nested in it, takes from outside; those of annotations left out.

    node: the statement's syntax tree. text: its source.
    """
    # The compiler's own table knows all scopes. Inside a function they are the same in every version of Python; what it
    # finds in annotations, which are never evaluated, goes.
    wrapped = f"{FUTURE}\ndef wrapper():\n" + textwrap.indent(text, " ")
    table = symtable.symtable(wrapped, "statement", "exec")
    return set(_global_names(table.get_children()[0])) & set(_names(node))


def _global_names(table):
    for symbol in table.get_symbols():
        if symbol.is_referenced() and symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)


def _names(node):
    """The names in a syntax tree, without annotations."""
    if isinstance(node, ast.Name):
        yield node.id
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _names(child)
