"""Mutants: copies of a function with one small bug each, which show whether a test checks anything."""

import ast
import copy

_SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


_NAMES = {"min": "max", "any": "all", "upper": "lower", "startswith": "endswith", "lstrip": "rstrip", "find": "rfind"}
_NAMES |= {new: old for old, new in _NAMES.items()}


def mutants(source):
    """Copies of a function's source with one small bug each, as source texts. (DeMillo, Lipton & Sayward 1978.)

    The bugs: an arithmetic operator, a comparison or an and/or swapped; a condition negated; an integer one larger; a
    string longer; True and False exchanged; a returned `a + b` cut to `a`; one of a few names swapped for its opposite,
    such as min and max. Only a function that offers none of these gets a mutant that returns None: almost any test
    would notice that one.
    """
    tree = ast.parse(source)
    found = _changed(tree, _changes) or _changed(tree, _returns_none)
    return [mutant for mutant in found if mutant != ast.unparse(tree)]


def _changed(tree, changes):
    """The sources that `changes` of each node of `tree` make, without repeats."""
    left_alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            left_alone |= {id(part) for part in ast.walk(node.format_spec)}  # a broken one only crashes
    found = {}
    for index, node in enumerate(ast.walk(tree)):
        for field, value in changes(node) if id(node) not in left_alone else ():
            mutated = copy.deepcopy(tree)
            setattr(list(ast.walk(mutated))[index], field, value)
            found[ast.unparse(ast.fix_missing_locations(mutated))] = None
    return list(found)


def _changes(node):
    """The ways to break one node, as (field, new value)."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _SWAPS:
        yield "op", _SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        yield "ops", [_SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        yield "test", node.test.operand if negated else ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp):
        yield "value", node.value.left
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "value", node.value + 1
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield "value", node.value + "x"
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield "id", _NAMES[node.id]
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield "attr", _NAMES[node.attr]


def _returns_none(node):
    if isinstance(node, ast.Return) and node.value is not None:
        yield "value", ast.Constant(None)
