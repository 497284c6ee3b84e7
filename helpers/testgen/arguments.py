"""Values to call a function with, as source texts, drawn by Hypothesis: small, readable, and with the usual edge cases.

`kinds` says which kind of value a parameter takes.
"""

import ast

_TEXTS = ["", "a", "abc", "Hello World", "hello", "a b c", "a,b,c", "foo_bar", "FooBar", "  spaces  ", "123", "-1.5",
          "key=value", "2024-01-15", "http://example.com/a?b=1", "/usr/lib", "a.b.c", "racecar", "line one\nline two",
          "[1, 2]", "<b>bold</b>", "user@example.com", "12:30", "é"]  # fmt: skip
_CALLABLES = {
    1: ["str", "lambda x: x > 1", "lambda x: x * 2", "bool", "len", "lambda x: x % 2 == 0"],
    2: ["lambda x, y: x + y", "lambda x, y: x > y", "max", "min"],
}
_ANY = ["lambda *args: len(args)", "lambda *args: args[0]"]
_FIXED = {
    "none": ["None"],
    "bool": ["True", "False"],
    "bytes": ["b''", "b'abc'", "b'\\x00\\xff'", "b'hello world'", "b'12'"],
    "dict": ["{}", "{'a': 1}", "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1, 'c': 3}", "{'a': {'b': 1}}", "{1: 'x', 2: 'y'}"],
    "matrix": ["[]", "[[1, 2], [3, 4]]", "[[1]]", "[(1, 3), (2, 6), (8, 10)]", "[[1, 2, 3], [4, 5, 6]]",
               "[('a', 1), ('b', 2)]", "[[0, 1], [1, 0]]", "{'a': ['b'], 'b': []}", "['ab', 'cd']"],
    "date": ["datetime.date(2024, 1, 31)", "datetime.date(2023, 12, 1)"],
}  # fmt: skip


def strategy(kinds, constants=(), arity=1):
    """A Hypothesis strategy for the source text of one argument of these kinds.

    constants: values that the function's own text holds, which tend to be where it branches. arity: of a callable.
    """
    from hypothesis import strategies as st

    return st.one_of([_of_kind(kind, constants, arity) for kind in kinds])


def _of_kind(kind, constants, arity):
    from hypothesis import strategies as st

    if kind.startswith("literal "):
        return st.just(kind.removeprefix("literal "))
    if kind == "callable":
        return st.sampled_from(_CALLABLES.get(arity, _ANY))
    if kind in _FIXED:
        extra = [repr(one) for one in constants if kind == "bytes" and isinstance(one, bytes)]
        if kind == "dict":
            extra = [f"{{{one!r}: 1}}" for one in constants if isinstance(one, str)]
        return st.sampled_from([*_FIXED[kind], *extra])
    if kind in _SIMPLE:
        return _SIMPLE[kind](st, constants).map(repr)
    container, _, inside = kind.partition(" ")
    return _several(st, container, _SIMPLE[inside](st, constants))


def _integers(st, constants):
    near = [one + step for one in constants if type(one) is int and abs(one) < 10**6 for step in (0, -1, 1)]
    return st.one_of([st.sampled_from([0, 1, 2, 3, 5, -1, 10, 7]), st.sampled_from(near or [4]), st.integers(-20, 120)])


def _floats(st, constants):
    found = [one for one in constants if type(one) is float and abs(one) < 1e9]
    return st.sampled_from([0.0, 1.0, 0.5, 2.5, -1.5, 10.0, 100.25, 0.1, *found])


def _text(st, constants):
    found = [one for one in constants if isinstance(one, str) and len(one) < 30]
    mixed = [text + one for one in found[:6] for text in ("a", "1")] + [f"a{one}b" for one in found[:6]]
    drawn = st.text("abcXYZ 019_-.,:", max_size=8)
    return st.one_of([st.sampled_from(_TEXTS), st.sampled_from(found or _TEXTS), st.sampled_from(mixed or _TEXTS), drawn])


_SIMPLE = {"int": _integers, "float": _floats, "text": _text}


def _several(st, container, inside):
    """A list, tuple or set of at most five."""

    def write(values):
        texts = [repr(one) for one in values]
        if container == "set":
            return "{" + ", ".join(dict.fromkeys(texts)) + "}" if texts else "set()"
        if container == "tuple":
            return "(" + ", ".join(texts) + ("," if len(texts) == 1 else "") + ")"
        return "[" + ", ".join(texts) + "]"

    return st.lists(inside, max_size=5).map(write)


def constants_in(function):
    """The numbers and texts in a function's body (ast.FunctionDef), without docstrings and format strings."""
    prose = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}
    found = [
        node.value
        for part in function.body
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and id(node) not in prose and type(node.value) in (int, float, str, bytes)
    ]
    return list(dict.fromkeys(found))[:24]


def draw(drawn, count, seed=0):
    """`count` values of a Hypothesis strategy at most, without repeats; the same for the same seed."""
    import hypothesis

    found = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck), verbosity=hypothesis.Verbosity.quiet,
    )  # fmt: skip
    @hypothesis.given(drawn)
    def collect(value):
        found.append(value)

    collect()
    return list(dict.fromkeys(found))
