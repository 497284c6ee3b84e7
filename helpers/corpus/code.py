"""Python source as text: its tokens, its comments, its functions. The same on every version of Python.

`ast` finds where a function begins and ends; its text is then cut out of the file, because `ast.unparse` writes
differently from one version to the next. Tokens are cut by two regular expressions for the same reason.
"""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass

# Strings come first, so that a # inside one does not start a comment.
_STRING_OR_COMMENT = re.compile(
    r"(\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|#[^\n]*", flags=re.DOTALL
)
_TOKEN = re.compile(r"\w+|[^\w\s]")
OLDEST = (3, 11)  # the oldest Python of the course: what it cannot parse is left out


def without_comments(code):
    """`code` with its comments taken out; the lines stay."""
    return _STRING_OR_COMMENT.sub(lambda found: found[1] or "", code)


def tokens(code):
    """The words and signs of `code`, in order, without comments and blanks."""
    return _TOKEN.findall(without_comments(code))


def parse(text):
    """The syntax tree of a file, or None where it is no Python of the version that the course needs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        try:
            return ast.parse(text, feature_version=OLDEST)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


@dataclass(frozen=True)
class Function:
    """A function as it stands in a file.

    name: qualified by its class, such as `Graph.add_node`. line: of its `def`, from 1. source: its text, dedented,
    without decorators. code: the same without docstring and blank lines. docstring: as `ast.get_docstring`, or None.
    """

    name: str
    line: int
    source: str
    code: str
    docstring: str | None
    node: ast.AST

    @property
    def is_method(self):
        return "." in self.name


def functions(tree, text):
    """The functions of a module and the methods of its classes, in order. What is nested in a function is not taken."""
    lines = text.split("\n")  # as ast counts them: splitlines would also split at form feeds
    return list(_functions(tree, lines, ""))


def _functions(parent, lines, prefix):
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, lines, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _function(node, lines, prefix + node.name)


def _function(node, lines, name):
    docstring = ast.get_docstring(node)
    whole = lines[node.lineno - 1 : node.end_lineno]
    code = whole
    if docstring is not None:
        written = node.body[0]
        code = lines[node.lineno - 1 : written.lineno - 1] + lines[written.end_lineno : node.end_lineno]
    code = [line.rstrip() for line in code if line.strip()]
    source = textwrap.dedent("\n".join(whole))
    return Function(name, node.lineno, source, textwrap.dedent("\n".join(code)), docstring, node)
