"""Unit tests that people wrote for the functions of `alone`: cut out of a package's test files and doctests.

A test is taken if it needs nothing but one function of the corpus, the standard library and constants of its own file.
unittest's assertions become plain ones, so that one style is left to learn. Nothing is believed until it has been run:
`verify` keeps a test that passes on its function and fails on a wrong one.
"""

import ast
import copy
import doctest
import re
from dataclasses import dataclass

from helpers.corpus.alone import BUILTINS, NotAlone, global_names, import_line
from helpers.corpus.alone import Module as _Module

LINES = 30
CASES = 8  # rows of a table of cases that are written out
# assertEqual(a, b) → a == b, and so on.
_COMPARE = {
    "assertEqual": ast.Eq, "assertEquals": ast.Eq, "assertListEqual": ast.Eq, "assertDictEqual": ast.Eq,
    "assertSetEqual": ast.Eq, "assertTupleEqual": ast.Eq, "assertMultiLineEqual": ast.Eq, "assertSequenceEqual": ast.Eq,
    "assertNotEqual": ast.NotEq, "assertIs": ast.Is, "assertIsNot": ast.IsNot, "assertIn": ast.In,
    "assertNotIn": ast.NotIn, "assertGreater": ast.Gt, "assertGreaterEqual": ast.GtE, "assertLess": ast.Lt,
    "assertLessEqual": ast.LtE,
}  # fmt: skip


@dataclass(frozen=True)
class HumanTest:
    """A test of one function. kind: 'unit' or 'doctest'; path, line: where it stands; source: a pytest test."""

    target: str
    kind: str
    path: str
    line: int
    source: str


class _Unusable(Exception):
    """The test needs more than it may."""


def unit_tests(tree, text, path, names, is_library):
    """The tests of one file, as `HumanTest`s.

    tree: the file's syntax tree; text: its source. names: the functions of the package that run alone. is_library:
    module name → whether it belongs to the package (relative imports are passed as '.').
    """
    module = _Module(tree, text)
    aliases, direct = _library_imports(tree, names, is_library)
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            found.append((node, False))
        elif isinstance(node, ast.ClassDef):
            fixtures = {"setUp", "setup_method", "setUpClass"}
            if not any(isinstance(one, ast.FunctionDef) and one.name in fixtures for one in node.body):
                methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
                found += [(one, True) for one in methods if one.name.startswith("test")]
    tests = []
    for node, is_method in found:
        try:
            target, source = _standalone(node, is_method, module, aliases, direct, names)
        except (_Unusable, NotAlone, RecursionError):
            continue
        tests.append(HumanTest(target, "unit", path, node.lineno, source))
    return tests


def _library_imports(tree, names, is_library):
    """({local name of a library module}, {local name: function}) of a test file's imports."""
    aliases, direct = set(), {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            aliases |= {(one.asname or one.name).split(".")[0] for one in node.names if is_library(one.name)}
        elif isinstance(node, ast.ImportFrom) and is_library("." if node.level else node.module or ""):
            for one in node.names:
                if one.name in names:
                    direct[one.asname or one.name] = one.name
                else:
                    aliases.add(one.asname or one.name)
    return aliases - set(direct), direct


def _standalone(node, is_method, module, aliases, direct, names):
    """(target, source) of one test function. Raises _Unusable or NotAlone."""
    if node.end_lineno - node.lineno > 3 * LINES or not _may_be_of_one(node, aliases, direct, names):
        raise _Unusable
    node = _unrolled(ast.parse(ast.unparse(node)).body[0])
    arguments = [argument.arg for argument in node.args.args]
    if node.decorator_list or arguments != (["self"] if is_method else []) or node.args.kwonlyargs:
        raise _Unusable
    rewriter = _Rewriter(aliases, direct, names)
    new = rewriter.visit(node)
    new.args.args = []
    if new.body and isinstance(new.body[0], ast.Expr) and isinstance(new.body[0].value, ast.Constant):
        new.body = new.body[1:]
    if len(rewriter.targets) != 1 or not rewriter.asserts or not new.body:
        raise _Unusable
    target = next(iter(rewriter.targets))
    source = ast.unparse(ast.fix_missing_locations(new))
    needed = global_names(ast.parse(source), source)
    if source.count("\n") >= LINES or "self" in needed:
        raise _Unusable
    lines, seen, waiting = [], set(), sorted(needed - {target})
    while waiting:
        name = waiting.pop()
        if name in seen or (name in BUILTINS and name not in module.offers):
            continue
        seen.add(name)
        statement = module.offers.get(name)
        if name == "pytest" and (statement is None or isinstance(statement, ast.Import)):
            lines.insert(0, "import pytest")
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            lines.insert(0, import_line(statement, name))
        elif isinstance(statement, ast.Assign):
            more = global_names(statement, module.text_of(statement))
            if more & (aliases | set(direct)):
                raise _Unusable
            lines.append(ast.unparse(statement))
            waiting += sorted(more)
        else:
            raise _Unusable
    head = "\n".join(lines)
    return target, (f"{head}\n\n\n" if head else "") + source + "\n"


def _may_be_of_one(node, aliases, direct, names):
    """A quick look, because most tests are of something else: whether exactly one function can be the target."""
    targets, objects, modules = set(), set(), set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            if one.id in direct:
                targets.add(direct[one.id])
            elif one.id in aliases:
                objects.add(one.id)
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in aliases:
            modules.add(one.value.id)
            if one.attr in names:
                targets.add(one.attr)
    return len(targets) == 1 and objects <= modules


def _unrolled(node):
    """A test that pytest runs once per row of a table, with the rows written out; any other test as it is."""
    decorators = node.decorator_list
    if len(decorators) != 1 or not isinstance(decorators[0], ast.Call) or len(decorators[0].args) != 2:
        return node
    named, table = decorators[0].args
    if not ast.unparse(decorators[0].func).endswith("parametrize") or not isinstance(table, ast.List | ast.Tuple):
        return node
    try:
        said = ast.literal_eval(named)
    except ValueError:
        return node
    names = [name.strip() for name in said.split(",")] if isinstance(said, str) else list(said)
    body = []
    for row in table.elts[:CASES]:
        values = row.elts if len(names) > 1 and isinstance(row, ast.Tuple | ast.List) else [row]
        if len(values) != len(names):
            return node
        for statement in node.body:
            body.append(_Filled(dict(zip(names, values, strict=True))).visit(copy.deepcopy(statement)))
    if {argument.arg for argument in node.args.args} - {"self"} != set(names):
        return node
    node.args.args = [argument for argument in node.args.args if argument.arg not in names]
    node.decorator_list, node.body = [], body
    return node


class _Filled(ast.NodeTransformer):
    """Names replaced by expressions; `f(*(a, b))` becomes `f(a, b)`."""

    def __init__(self, values):
        self.values = values

    def visit_Name(self, node):
        return copy.deepcopy(self.values.get(node.id, node))

    def visit_Call(self, node):
        self.generic_visit(node)
        arguments = []
        for one in node.args:
            starred = isinstance(one, ast.Starred) and isinstance(one.value, ast.Tuple | ast.List)
            arguments += one.value.elts if starred else [one]
        node.args = arguments
        return node


class _Rewriter(ast.NodeTransformer):
    """Library functions by their bare names, unittest's assertions as plain ones."""

    def __init__(self, aliases, direct, names):
        self.aliases, self.direct, self.names = aliases, direct, names
        self.targets, self.asserts = set(), 0

    def visit_Name(self, node):
        if node.id in self.direct:
            self.targets.add(self.direct[node.id])
            return ast.Name(self.direct[node.id], node.ctx)
        if node.id in self.aliases:
            raise _Unusable
        return node

    def visit_Attribute(self, node):
        parts = ast.unparse(node).split(".")
        if parts[0] in self.aliases and all(part.isidentifier() for part in parts):
            if parts[-1] not in self.names:
                raise _Unusable
            self.targets.add(parts[-1])
            return ast.Name(parts[-1], node.ctx)
        return self.generic_visit(node)

    def visit_Import(self, node):
        raise _Unusable

    visit_ImportFrom = visit_Import

    def visit_Assert(self, node):
        self.asserts += 1
        return self.generic_visit(node)

    def visit_With(self, node):
        call = node.items[0].context_expr
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("self.assertRaises", "pytest.raises"):
            if len(node.items) != 1 or node.items[0].optional_vars or len(call.args) != 1:
                raise _Unusable
            self.asserts += 1
            node.items[0].context_expr.func = _raises()
        return self.generic_visit(node)

    def visit_Expr(self, node):
        call = node.value
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).startswith("self.assert"):
            return self.generic_visit(node)
        self.asserts += 1
        kind, arguments = call.func.attr, [self.visit(one) for one in call.args]
        if kind in _COMPARE and len(arguments) >= 2:
            condition = ast.Compare(arguments[0], [_COMPARE[kind]()], [arguments[1]])
        elif kind == "assertTrue" and arguments:
            condition = arguments[0]
        elif kind == "assertFalse" and arguments:
            condition = ast.UnaryOp(ast.Not(), arguments[0])
        elif kind in ("assertIsNone", "assertIsNotNone") and arguments:
            condition = ast.Compare(
                arguments[0], [ast.Is() if kind == "assertIsNone" else ast.IsNot()], [ast.Constant(None)]
            )
        elif kind == "assertIsInstance" and len(arguments) >= 2:
            condition = ast.Call(ast.Name("isinstance", ast.Load()), arguments[:2], [])
        elif kind == "assertCountEqual" and len(arguments) >= 2:
            both = [ast.Call(ast.Name("sorted", ast.Load()), [one], []) for one in arguments[:2]]
            condition = ast.Compare(both[0], [ast.Eq()], [both[1]])
        elif kind == "assertRaises" and len(arguments) >= 2:
            inner = ast.Expr(ast.Call(arguments[1], arguments[2:], [self.visit(one) for one in call.keywords]))
            context = ast.Call(_raises(), arguments[:1], [])
            return ast.With([ast.withitem(context)], [inner])
        else:
            raise _Unusable
        return ast.Assert(condition)


def _raises():
    return ast.Attribute(ast.Name("pytest", ast.Load()), "raises", ast.Load())


def doctests(function, path):
    """The examples in a function's docstring as one `HumanTest`, or None. function: a `code.Function`.

    An example counts where what is printed is a literal, so that a test can compare with it; lines that print nothing
    are kept as preparation. What raises, prints or shows an object is left out.
    """
    try:
        examples = doctest.DocTestParser().get_examples(function.docstring or "")
    except ValueError:
        return None
    lines, asserts = [], 0
    for example in examples:
        said, wanted = example.source.strip(), example.want.strip()
        if re.match(r"(from|import)\b", said):
            continue  # of the function itself; what else it brings will be missed when the test runs
        try:
            tree = ast.parse(said)
            if not wanted:
                if isinstance(tree.body[-1], ast.Expr):
                    continue
                lines.append(said)
                continue
            value = ast.literal_eval(wanted)
            if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
                continue
        except (SyntaxError, ValueError, IndexError, MemoryError, RecursionError):
            continue
        compare = "is" if value is None or isinstance(value, bool) else "=="
        shown = f"({said})" if not isinstance(tree.body[0].value, ast.Call | ast.Name) else said
        lines.append(f"assert {shown} {compare} {wanted}")
        asserts += 1
    if not asserts or len(lines) > LINES:
        return None
    body = "\n".join("    " + line.replace("\n", "\n    ") for line in lines)
    return HumanTest(function.name, "doctest", path, function.line, f"def test_{function.name}():\n{body}\n")
