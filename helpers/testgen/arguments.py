"""Values to call a function with, as source texts, drawn by Hypothesis: small, readable, and with the usual edge cases.

`kinds` says which kind of value a parameter takes.
"""

import ast
import functools
import gc
import math
import re
import threading
from unittest import mock

from helpers.testgen.kinds import Of, named

_TEXTS = ["", "a", "abc", "Hello World", "hello", "a b c", "a,b,c", "foo_bar", "FooBar", "  spaces  ", "123", "-1.5",
          "key=value", "2024-01-15", "http://example.com/a?b=1", "/usr/lib", "a.b.c", "racecar", "line one\nline two",
          "[1, 2]", "<b>bold</b>", "user@example.com", "12:30", "é"]  # fmt: skip
_USUAL = {
    "int": ["0", "1", "2", "3", "5", "-1", "10", "7"],
    "float": ["0.0", "1.0", "0.5", "2.5", "-1.5", "10.0", "100.25", "0.1"],
    "text": [repr(one) for one in _TEXTS],
}
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
# Where tests are kept, there are more. Keys of mixed case show whether anybody changes it.
_FIXED |= {
    "mapping": [*_FIXED["dict"], "{'Key': 1, 'other': 2}", "{'A': 'x', 'a': 'y'}", "{'Content-Type': 'Text'}"],
    "table": [*_FIXED["matrix"], "[('Key', 'Value'), ('b', 2)]", "{'Key': ['B'], 'b': []}"],
    "grid": ["[[1, 2], [3, 4]]", "[[1]]", "[[1, 2, 3], [4, 5, 6]]", "[[0, 1], [1, 0]]"],
    "day": [*_FIXED["date"], "datetime.date(2024, 2, 29)", "datetime.date(2024, 3, 2)", "datetime.date(2024, 3, 3)"],
    "datetime": ["datetime.datetime(2024, 1, 31, 9, 30)", "datetime.datetime(2024, 3, 2)",
                 "datetime.datetime(2023, 12, 31, 23, 59, 59)", "datetime.datetime(2024, 2, 29, 12)",
                 "datetime.datetime(2024, 6, 14, 17, tzinfo=datetime.timezone.utc)"],
    "time": ["datetime.time(9, 30)", "datetime.time(0)", "datetime.time(23, 59, 59)"],
    "timedelta": ["datetime.timedelta(1)", "datetime.timedelta(0)", "datetime.timedelta(hours=36, minutes=5)",
                  "datetime.timedelta(seconds=90)", "datetime.timedelta(-2)"],
    "decimal": ["Decimal('0')", "Decimal('1')", "Decimal('19.99')", "Decimal('100')", "Decimal('-1.5')",
                "Decimal('0.005')", "Decimal('2.675')"],
}  # fmt: skip


def argument(kinds, constants, rng, arity=1):
    """The source text of one argument of one of these kinds, drawn with `rng` (random.Random).

    constants: values that the function's own text holds, which tend to be where it branches. arity: of a callable.
    The first kind is drawn as often as all others together.
    """
    kind = kinds[0] if rng.random() < 0.5 else rng.choice(kinds)
    if isinstance(kind, Of):
        return _filled(kind, constants, rng)
    if kind.startswith("literal "):
        return kind.removeprefix("literal ")
    if kind == "callable":
        return rng.choice(_CALLABLES.get(arity, _ANY))
    container, _, inside = kind.rpartition(" ")
    if container:
        return _several(container, inside, constants, rng)
    usual, near = _FIXED.get(kind) or _USUAL[kind], _near(kind, constants)
    pools = [usual, near or usual, near or usual, _drawn(kind) if kind in _USUAL else usual]
    return rng.choice(rng.choice(pools))


def _several(container, inside, constants, rng):
    """A list, tuple or set of values of one kind: empty, or drawn whole by Hypothesis, or of usual values."""
    if rng.random() < 0.5:
        values = list(rng.choice(_drawn(f"list {inside}")))
    else:
        pool = _USUAL[inside] + _near(inside, constants)
        values = [rng.choice(pool) for _ in range(rng.randint(0, 4))]
    if container == "set":
        return "{" + ", ".join(dict.fromkeys(values)) + "}" if values else "set()"
    if container == "tuple":
        return "(" + ", ".join(values) + ("," if len(values) == 1 else "") + ")"
    return "[" + ", ".join(values) + "]"


def _filled(kind, constants, rng):
    """A container of the kind `Of`: of a list, dict or set, a few values or none."""
    if kind.outer == "dict":
        return _dict(*kind.inside, constants, rng)
    if kind.outer == "tuple":
        values = [_short(part, constants, rng) for part in kind.inside]
        return "(" + ", ".join(values) + ("," if len(values) == 1 else "") + ")"
    values = [_short(kind.inside[0], constants, rng) for _ in range(rng.randint(0, 3))]
    if kind.outer == "set":
        return "{" + ", ".join(dict.fromkeys(values)) + "}" if values else "set()"
    return "[" + ", ".join(values) + "]"


def _dict(keys, values, constants, rng):
    """A dict, mostly with the names as keys that the function's text holds: they are what it looks up."""
    names = dict.fromkeys(one for one in constants if isinstance(one, str) and one.isidentifier() and len(one) < 30)
    if "text" in keys and names and rng.random() < 0.75:
        chosen = [repr(one) for one in (names if len(names) < 5 else rng.sample(list(names), 4))]
    else:
        chosen = dict.fromkeys(_short(keys, constants, rng) for _ in range(rng.randint(0, 3)))
    kinds = {key: values or [*named(ast.literal_eval(key)), "int", "text"] for key in chosen}
    return "{" + ", ".join(f"{key}: {_short(some, constants, rng)}" for key, some in kinds.items()) + "}"


def _short(kinds, constants, rng):
    """The shorter one of two arguments: several have to fit a line."""
    return min((argument(kinds, constants, rng) for _ in range(2)), key=len)


def _near(kind, constants):
    """Texts of values beside the function's own constants."""
    if kind == "int":
        return [repr(one + step) for one in constants if type(one) is int and abs(one) < 10**6 for step in (0, -1, 1)]
    if kind == "text":
        found = [one for one in constants if isinstance(one, str) and len(one) < 30]
        mixed = [form.format(one) for one in found for form in ("{}", "1{}", "a{}b", "{}1")]
        halves = [half for one in found if len(one) > 3 for half in (one[: len(one) // 2], one[len(one) // 2 :])]
        return [repr(one) for one in dict.fromkeys([*halves, *mixed])]
    if kind in ("dict", "mapping"):
        return [f"{{{one!r}: 1}}" for one in constants if isinstance(one, str) and len(one) < 30]
    if kind == "decimal":
        return [f"Decimal('{one}')" for one in constants if re.fullmatch(r"-?\d{1,6}(\.\d{1,6})?", str(one))]
    if kind == "float":
        return [repr(one) for one in constants if type(one) is float and math.isfinite(one)]
    return [repr(one) for one in constants if kind == "bytes" and type(one) is bytes and len(one) < 30]


_LOCK = threading.Lock()  # several functions get their tests at a time, and Hypothesis works for one


def _drawn(kind):
    """Texts of values that Hypothesis draws: what nobody thinks of."""
    with _LOCK:
        return _pool(kind)


def draw_all():
    """Draw the values of every kind now: before threads start, because drawing disturbs them (see `_draw`)."""
    for kind in _USUAL:
        _drawn(kind)
        _drawn(f"list {kind}")


@functools.cache
def _pool(kind):
    """The same, drawn once, because that takes half a second."""
    from hypothesis import strategies as st

    simple = {
        "int": st.integers(-20, 120),
        "text": st.lists(st.sampled_from("abcXYZ 019_-.,:"), max_size=8).map("".join),
        "float": st.integers(-800, 800).map(lambda number: number / 8),
    }
    inside = simple[kind.removeprefix("list ")].map(repr)
    return _draw(st.lists(inside, max_size=5).map(tuple) if kind.startswith("list ") else inside)


def _draw(strategy, count=100):
    """At most `count` values of a Hypothesis strategy, without repeats; always the same.

    Hypothesis would mix in constants of those of our modules that happen to be loaded.
    """
    import hypothesis
    from hypothesis.internal.conjecture import providers

    found = []

    @hypothesis.seed(0)
    @hypothesis.settings(
        max_examples=count, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(strategy)
    def collect(value):
        found.append(value)

    # Hypothesis times the garbage collection from here on. Such a callback breaks `ast.parse` in threads of Python 3.11
    # (SystemError: AST constructor recursion depth mismatch).
    callbacks = list(gc.callbacks)
    with mock.patch.object(providers, "_get_local_constants", providers.Constants):
        collect()
    gc.callbacks[:] = callbacks
    return list(dict.fromkeys(found))


def constants_in(function):
    """The numbers and texts in a function's body (ast.FunctionDef), without docstrings and format strings."""
    prose = {node.value for node in ast.walk(function) if isinstance(node, ast.Expr)}
    return list(dict.fromkeys(value for part in function.body for value in constants_of(part, prose)))[:24]


def constants_of(tree, without=()):
    """The numbers and texts in a syntax tree; without: nodes that do not count."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in without]
    return [node.value for node in found if type(node.value) in (int, float, str, bytes)]
