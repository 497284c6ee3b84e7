"""Mutants: copies of a function with one small bug each, which show whether a test checks anything.

The idea is old (DeMillo, Lipton & Sayward 1978): programmers' bugs are small, so a test that notices small bugs is a
test that notices bugs. Some mutants do what the function does, such as one that breaks what is never used; nobody can
kill these *equivalent* mutants, and no program can find them all. So a mutation score below 1 is no fault by itself.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.metrics.coverage import function_in

_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
_ARITHMETIC |= {ast.Mod: ast.Mult}
_COMPARISONS = {ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.Eq: ast.NotEq, ast.In: ast.NotIn, ast.Is: ast.IsNot}
_COMPARISONS |= {new: old for old, new in _COMPARISONS.items()}
_LOGIC = {ast.And: ast.Or, ast.Or: ast.And}
_NAMES = {"min": "max", "any": "all", "upper": "lower", "startswith": "endswith", "lstrip": "rstrip", "find": "rfind"}
_NAMES |= {new: old for old, new in _NAMES.items()}


@dataclass(frozen=True)
class Operator:
    """One way to break a function. changes: gives for a node of the syntax tree the (field, new value) to set."""

    name: str
    does: str
    before: str
    after: str
    changes: Callable


def _arithmetic(node):
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield "op", _ARITHMETIC[type(node.op)]()


def _logic(node):
    if isinstance(node, ast.BoolOp):
        yield "op", _LOGIC[type(node.op)]()


def _comparison(node):
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield "ops", [_COMPARISONS[type(node.ops[0])](), *node.ops[1:]]


def _condition(node):
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        yield "test", node.test.operand if negated else ast.UnaryOp(ast.Not(), node.test)


def _cut(node):
    if isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp):
        yield "value", node.value.left


def _boolean(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", not node.value


def _number(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        yield "value", node.value + 1


def _text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield "value", node.value + "x"


def _opposite(node):
    field = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node))
    if field and getattr(node, field) in _NAMES:
        yield field, _NAMES[getattr(node, field)]


def _nothing(node):
    if isinstance(node, ast.Return) and node.value is not None:
        yield "value", ast.Constant(None)


OPERATORS = (
    Operator("arithmetic", "swaps + and -; * becomes +, and /, // and % become *", "a - b", "a + b", _arithmetic),
    Operator("comparison", "turns the first comparison into its contrary", "a < b", "a >= b", _comparison),
    Operator("logic", "swaps `and` and `or`", "a and b", "a or b", _logic),
    Operator("condition", "negates the condition of an if or while", "1 if a else b", "1 if not a else b", _condition),
    Operator("returned part", "returns the left part of a calculation alone", "return a - b", "return a", _cut),
    Operator("boolean", "exchanges True and False", "f(a, True)", "f(a, False)", _boolean),
    Operator("number", "makes an integer one larger", "a[0]", "a[1]", _number),
    Operator("text", "makes a string longer", "a + ' '", "a + ' x'", _text),
    Operator("opposite", "swaps a name for its opposite, such as min and max", "min(a, b)", "max(a, b)", _opposite),
)
# Almost any test would notice this one, so it is for functions that offer nothing else.
LAST_RESORT = Operator("nothing", "returns None", "return a", "return None", _nothing)


def mutants(source, name=None):
    """Copies of a program with one small bug each, as source texts without repeats: what `OPERATORS` can do to it.

    name: only the function of this name is broken, not its helpers; None breaks them all. A function that offers
    nothing gets mutants that return None.
    """
    return list(_made(source, name))


def mutants_by_operator(source, name=None):
    """The same mutants, as {name of the operator: those it makes}, in the table's order; no key for one without any."""
    made = _made(source, name)
    groups = {one.name: [mutant for mutant, by in made.items() if by is one] for one in (*OPERATORS, LAST_RESORT)}
    return {by: group for by, group in groups.items() if group}


def _made(source, name):
    """Mutant → Operator, in the order of the places that are broken."""
    tree = ast.parse(source)
    target = tree if name is None else function_in(tree, name)
    if target is None:
        raise CourseError(f"There is no top-level function {name!r} to break in this source.")
    found = _changed(tree, target, OPERATORS) or _changed(tree, target, [LAST_RESORT])
    found.pop(ast.unparse(tree), None)
    return found


def _changed(tree, target, operators):
    left_alone = _left_alone(target)
    found = {}
    for node in [node for node in ast.walk(target) if node not in left_alone]:
        for operator in operators:
            for field, value in operator.changes(node):
                before = getattr(node, field)
                setattr(node, field, value)
                found.setdefault(ast.unparse(tree), operator)
                setattr(node, field, before)
    return found


def _left_alone(target):
    """Nodes whose mutants would do what the function does (docstrings, annotations) or only crash (format strings)."""
    found = {node.value for node in ast.walk(target) if isinstance(node, ast.Expr)}
    for node in ast.walk(target):
        for part in ("format_spec", "annotation", "returns"):
            if getattr(node, part, None):
                found |= set(ast.walk(getattr(node, part)))
    return found
