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

    Beside those of `metrics.mutants` such in which the call of a method without arguments is gone: x for x.lower().
    """
    return list(dict.fromkeys([*metrics.mutants(source, name), *_without_a_call(source, name)]))


def _without_a_call(source, name):
    for number in itertools.count():
        tree, without = ast.parse(source), _Without(number)
        function = function_in(tree, name)
        function.body = [without.visit(part) for part in function.body]
        if without.count <= number:
            return
        yield ast.unparse(tree)


class _Without(ast.NodeTransformer):
    """Puts what a method is called on in the place of the call that has this number; count: how many there are."""

    def __init__(self, number):
        self.number, self.count = number, 0

    def visit_Call(self, node):
        node = self.generic_visit(node)
        called = node.func
        if node.args or node.keywords or not isinstance(called, ast.Attribute) or called.attr in _LEFT_ALONE:
            return node
        self.count += 1
        return called.value if self.count == self.number + 1 else node
