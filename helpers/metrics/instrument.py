"""Prepares the text of a test for the harness: finds its assertions, wraps each so that it is recorded by itself."""

import ast
import hashlib
from dataclasses import dataclass

_RAISING = ("raises", "assertraises")  # pytest.raises, self.assertRaises, self.assertRaisesRegex ...
# Functions that call the function they are given: `map(f, items)` is a call of f.
_CALLERS = {"map", "filter", "partial", "reduce", "raises", "assertRaises", "assertRaisesRegex"}


@dataclass(frozen=True)
class Plan:
    """A test to run. text: None if there is nothing to run, and then why says so. fixtures: what only pytest gives."""

    text: str | None
    assertions: int
    why: str = ""
    recorder: str = ""
    fixtures: tuple = ()


def plan(name, test, counter):
    """The Plan for a test text of the function `name`. counter: see `counted`.

    An assertion is an `assert`, a call of an `assert...` method, or a `raises` block or call, inside a function whose
    name starts with "test". Each becomes `with RECORDER(number): ...`: that changes no scope, and the test goes on
    after an assertion that fails. RECORDER is a name that the test does not have by accident.
    """
    try:
        tree = ast.parse(test)
        if not tree.body:
            return Plan(None, 0, "nothing is left after cleaning")
        visitor = _Recorder(name, hidden("_check", test))
        tree = _Counting(counter).visit(visitor.visit(tree))
        text = ast.unparse(ast.fix_missing_locations(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Plan(None, 0, "does not parse")
    if not visitor.count:
        return Plan(None, 0, "has no test function with an assertion")
    if not visitor.calls:
        return Plan(None, visitor.count, "never calls the function")
    return Plan(text, visitor.count, "", visitor.recorder, tuple(dict.fromkeys(visitor.fixtures)))


def hidden(word, text):
    """A name that begins with `word` and that `text` does not hold by accident; always the same for a text."""
    return f"{word}_{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"


def counted(text, counter):
    """A program text that calls `counter` in every function, round of a loop, and element of a comprehension.

    So the steps of a program can be counted, and limited. A text that does not parse comes back as it is.
    """
    try:
        return ast.unparse(ast.fix_missing_locations(_Counting(counter).visit(ast.parse(text))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text


class _Counting(ast.NodeTransformer):
    def __init__(self, counter):
        self.call = ast.parse(f"{counter}()", mode="eval").body

    def visit_While(self, node):
        node = self.generic_visit(node)
        after_docstring = (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None
        )
        node.body.insert(int(after_docstring), ast.Expr(self.call))
        return node

    visit_For = visit_AsyncFor = visit_FunctionDef = visit_AsyncFunctionDef = visit_While

    def visit_comprehension(self, node):
        node = self.generic_visit(node)
        node.ifs.insert(0, self.call)  # it returns True
        return node


class _Recorder(ast.NodeTransformer):
    """Wraps each assertion inside a test function, and notes what the plan says."""

    def __init__(self, name, recorder):
        self.name, self.recorder = name, recorder
        self.count, self.calls, self.inside, self.fixtures = 0, False, False, []

    def visit_FunctionDef(self, node):
        outer, self.inside = self.inside, self.inside or node.name.startswith("test")
        if self.inside and not outer:
            self.fixtures += _fixtures(node)
        node = self.generic_visit(node)
        self.inside = outer
        return node

    def visit_Call(self, node):
        names = [node.func, *node.args] if _last_name(node.func) in _CALLERS else [node.func]
        if self.inside and any(isinstance(one, ast.Name) and one.id == self.name for one in names):
            self.calls = True
        return self.generic_visit(node)

    def visit_Assert(self, node):
        node = self.generic_visit(node)
        if self.inside:
            node.msg = None  # it may raise something else
            return self._wrapped(node)
        return node

    def visit_Expr(self, node):
        node = self.generic_visit(node)
        name = _last_name(node.value.func) if self.inside and isinstance(node.value, ast.Call) else ""
        if name.startswith("assert") and isinstance(node.value.func, ast.Attribute):
            return self._wrapped(node)
        return self._wrapped(node, raises=True) if name == "raises" else node

    def visit_With(self, node):
        node = self.generic_visit(node)
        if self.inside and any(word in ast.unparse(node.items[0].context_expr).lower() for word in _RAISING):
            return self._wrapped(node, raises=True)
        return node

    def _wrapped(self, statement, raises=False):
        call = f"with {self.recorder}({self.count}{', True' if raises else ''}): pass"
        self.count += 1
        wrapped = ast.parse(call).body[0]
        wrapped.body = [statement]
        return ast.copy_location(wrapped, statement)


def _last_name(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _fixtures(function):
    """The arguments of a test function that pytest would have to fill: neither parameters of the test, nor defaults."""
    marks = [ast.unparse(mark) for mark in function.decorator_list]
    if not all("mark." in mark for mark in marks):
        return []  # another decorator, such as hypothesis's `given`, may fill them
    given = {mark.args[0] for mark in function.decorator_list if isinstance(mark, ast.Call) and mark.args}
    names = {word.strip() for text in given for word in _words(text)}
    arguments = [*function.args.posonlyargs, *function.args.args]
    arguments = arguments[: len(arguments) - len(function.args.defaults)]
    return [one.arg for one in arguments if one.arg not in names and one.arg not in ("self", "cls")]


def _words(node):
    if isinstance(node, ast.List | ast.Tuple):
        return [part.value for part in node.elts if isinstance(part, ast.Constant)]
    return str(node.value).split(",") if isinstance(node, ast.Constant) else []
