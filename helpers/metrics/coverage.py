"""How much of a function a test ran: statement and branch coverage, from the pairs of lines that ran one after another.

Statements are counted as coverage.py counts them: one over several lines counts once, and so do several on one line;
of a compound statement, the part before its body counts; docstrings and what the compiler leaves out do not. (Only
the lines of a `case` and of decorators are missing here.) A branch is one of the two ways out of an `if`, `for` or
`while` whose body is not on the same line.
"""

import ast
from types import CodeType


def function_in(tree, name=None):
    """The top-level function called `name` in a module's syntax tree, the last function for no name; None if none."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = [node for node in found if name in (None, node.name)]
    return found[-1] if found else None


def measured(source, name, arcs):
    """(statement coverage, branch coverage) of a function, each 0 to 1, or None if it has no such thing.

    arcs: pairs of lines, as the harness traces them; -1 is a return.
    """
    headers = _headers(source, name)
    at = {line: header for header in headers for line in range(header.lineno, _last_line(header) + 1)}
    ran = {at[line] for _, line in arcs if line in at}
    branching = [one for one in headers if _branches(one) and one.body[0].lineno > _last_line(one)]
    taken = 0
    for header in branching:
        following = [at.get(line) for last, line in arcs if at.get(last) is header and at.get(line) is not header]
        entered = [one is header.body[0] for one in following]
        taken += (True in entered) + (False in entered)
    return _share(len(ran), len(headers)), _share(taken, 2 * len(branching))


def _share(part, whole):
    return part / whole if whole else None


def _branches(statement):
    if isinstance(statement, ast.If | ast.While):
        return not isinstance(statement.test, ast.Constant)  # `while True` has one way out of its first line
    return isinstance(statement, ast.For | ast.AsyncFor)


def _headers(source, name):
    """The statements of a function that the compiler kept, one a line, the outermost where several share it."""
    function = function_in(ast.parse(source), name)
    lines = _lines(compile(source, "function.py", "exec", dont_inherit=True))
    kinds = ast.stmt | ast.ExceptHandler
    found = [node for statement in function.body for node in ast.walk(statement) if isinstance(node, kinds)]
    found = [one for one in found if lines & set(range(one.lineno, _last_line(one) + 1))]
    return list({one.lineno: one for one in reversed(found)}.values())


def _last_line(statement):
    """The last line of a statement, or of its part before its body."""
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    if not body:
        return statement.end_lineno
    first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    above = [first, *getattr(first, "decorator_list", [])]
    return max(statement.lineno, min(one.lineno for one in above) - 1)


def _lines(code):
    """All line numbers that the code of a module has, functions inside it included."""
    found = {line for _, _, line in code.co_lines() if line}
    return found.union(*(_lines(part) for part in code.co_consts if isinstance(part, CodeType)))
