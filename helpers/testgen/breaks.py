"""The mutants that the tool holds its tests against: those of `metrics`, and some more.

The lessons' numbers count the first alone, so the others are not among `metrics.OPERATORS`.
"""

import ast
import itertools

from helpers import metrics
from helpers.metrics.coverage import function_in

_LEFT_ALONE = {"copy", "items", "keys", "values"}  # without them nothing changes, or everything breaks


def mutants(source, name):
    """Copies of a program with one small bug in its function `name` each, as source texts without repeats.

    Beside those of `metrics.mutants` such in which the call of a method without arguments is gone, x for x.lower(), and
    such that return nothing at one place. What decorates the function stays as it is: bugs there are its decorators'.
    """
    own = _without_decorators(source, name)
    some = (one for one in metrics.mutants(source, name) if _without_decorators(one, name) != own)
    return list(dict.fromkeys([*some, *_changed(source, name, _NoCall), *_changed(source, name, _NoResult)]))


def _without_decorators(source, name):
    function = function_in(ast.parse(source), name)
    function.decorator_list = []
    return ast.dump(function)


def _changed(source, name, change):
    """The program once for each place that a `_Change` finds in the function."""
    for number in itertools.count():
        tree, changing = ast.parse(source), change(number)
        function = function_in(tree, name)
        function.body = [changing.visit(part) for part in function.body]
        if changing.count <= number:
            return
        yield ast.unparse(tree)


class _Change(ast.NodeTransformer):
    """Changes the place that has this number. count: how many there are."""

    def __init__(self, number):
        self.number, self.count = number, 0

    def changed(self, before, after):
        self.count += 1
        return after if self.count == self.number + 1 else before


class _NoCall(_Change):
    """Puts what a method is called on in the place of the call."""

    def visit_Call(self, node):
        node = self.generic_visit(node)
        called = node.func
        if node.args or node.keywords or not isinstance(called, ast.Attribute) or called.attr in _LEFT_ALONE:
            return node
        return self.changed(node, called.value)


class _NoResult(_Change):
    """Returns None in the place of a result."""

    def visit_Return(self, node):
        if node.value is None or isinstance(node.value, ast.Constant) and node.value.value is None:
            return node
        return self.changed(node, ast.Return(ast.Constant(None)))

    def visit_FunctionDef(self, node):
        return node  # what a function inside returns is not the result

    visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = visit_FunctionDef
