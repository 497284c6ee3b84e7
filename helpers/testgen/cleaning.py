"""The code in what a model answers."""

import ast
import re
import textwrap


def clean(answer, name):
    """The code of a model's answer: fences and chatter off, a half last line off, the function itself and prints off.

    name: the function under test. A model often repeats it, sometimes wrongly; the test must meet the real one.
    Returns '' if nothing in the answer parses.
    """
    answer = answer.replace("\r\n", "\n")
    blocks = re.findall(r"(?s)```[ \t]*(\w*)[^\n`]*\n(.*?)(?:```|\Z)", answer)
    blocks = [code for language, code in blocks if language.lower() in ("", "python", "python3", "py", "py3")]
    tree = _parse("\n".join(blocks) if blocks else answer)
    if tree is None:
        return ""
    tree.body = [node for node in tree.body if _keep(node, name)]
    return ast.unparse(tree) + "\n" if tree.body else ""


def _parse(code):
    """The syntax tree of `code`, leaving lines off its end until it parses; None if no line is left."""
    lines = textwrap.dedent(code).splitlines()
    while lines:
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            lines.pop()
    return None


def _keep(node, name):
    if isinstance(node, ast.FunctionDef) and node.name == name:
        return False
    if isinstance(node, ast.ImportFrom):
        return not any(alias.name in (name, "*") for alias in node.names)
    if isinstance(node, ast.If):  # if __name__ == "__main__": ...
        return "__name__" not in ast.unparse(node.test)
    return not isinstance(node, ast.Expr)  # prints, and prose that happens to parse
