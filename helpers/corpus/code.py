"""Python source as text: its tokens, its comments, its functions. The same on every version of Python.

`ast` finds where a function begins and ends; its text is then cut out of the file, because `ast.unparse` writes
differently from one version to the next. Tokens are cut by two regular expressions for the same reason.
"""

import ast
import gc
import re
import textwrap
import warnings
from dataclasses import dataclass, field
from functools import cached_property

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
        collects = gc.isenabled()
        gc.disable()  # a tree is many small objects and no garbage: looking for some doubles the time
        try:
            return ast.parse(text, feature_version=OLDEST)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        finally:
            if collects:
                gc.enable()


@dataclass(frozen=True)
class Function:
    """A function as it stands in a file.

    name: qualified by its class, such as `Graph.add_node`. node: its syntax tree. lines: those of the whole file.
    """

    name: str
    node: ast.AST
    lines: list = field(repr=False)

    @property
    def is_method(self):
        return "." in self.name

    @property
    def line(self):
        """Where its `def` stands, from 1."""
        return self.node.lineno

    @cached_property
    def docstring(self):
        """As `ast.get_docstring` gives it, or None."""
        return ast.get_docstring(self.node)

    @cached_property
    def source(self):
        """Its text, dedented, without decorators."""
        return textwrap.dedent("\n".join(self.lines[self.node.lineno - 1 : self.node.end_lineno]))

    @cached_property
    def code(self):
        """Its text, dedented, without decorators, docstring and blank lines."""
        first, last = self.node.lineno - 1, self.node.end_lineno
        code = self.lines[first:last]
        if self.docstring is not None:
            written = self.node.body[0]
            code = self.lines[first : written.lineno - 1] + self.lines[written.end_lineno : last]
        return textwrap.dedent("\n".join(line.rstrip() for line in code if line.strip()))

    @cached_property
    def is_intact(self):
        """Whether `code` still means the same: blanks taken out of a string of several lines may change it."""
        if not re.search(r"\"{3}|'{3}|\\\n", self.code):
            return True
        tree, body = parse(self.code), self.node.body[self.docstring is not None :]
        return tree is not None and list(map(ast.dump, tree.body[0].body)) == list(map(ast.dump, body))


def functions(tree, text):
    """The functions of a module and the methods of its classes, in order. What is nested in a function is not taken."""
    lines = text.split("\n")  # as ast counts them: splitlines would also split at form feeds
    return list(_functions(tree, lines, ""))


def _functions(parent, lines, prefix):
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, lines, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(prefix + node.name, node, lines)
