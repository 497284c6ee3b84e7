"""Calls of a function that a program proposes: its documented examples first, then arguments by the parameters' kinds.

Nothing is executed here. A call is a source text such as "add(1, 2)"; `observe` finds out what it does.
"""

import ast
import doctest
import itertools
import random
import re

from helpers.testgen.arguments import argument, constants_in, constants_of
from helpers.testgen.kinds import EVERY, hinted, kinds_of, richer

LONGEST = 100  # characters of a call: an assertion should fit a line
_PLACES, _ENDS = 200, 12  # of calls in a text: how many are looked at, and how many brackets may close inside each


def function_of(source, name):
    """The node of the top-level function `name` in a program text, or None."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return nodes[-1] if nodes else None


def documented(source, name, thorough=False):
    """The examples in a function's docstring that call it and nothing else: a list of (call, what it should give).

    Both are texts; the second is as a Python prompt would show it. thorough: see `call_in`.
    """
    function = function_of(source, name)
    text = (ast.get_docstring(function) if function else None) or ""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return []
    calls = [(call_in(example.source, name, thorough), example.want.strip()) for example in examples]
    return [(call, want) for call, want in calls if call]


def mentioned(text, name, thorough=False):
    """The calls of `name` that a text holds: the examples of a docstring, or the assertions of a model's test.

    thorough: see `call_in`; and the name may stand behind that of its module.
    """
    found = []
    prefix = r"(?:[A-Za-z_]\w*\.)*" if thorough else ""
    for place in itertools.islice(re.finditer(rf"(?<![\w.]){prefix}({re.escape(name)}\()", text), _PLACES):
        rest = text[place.start(1) : place.start(1) + 2 * LONGEST]
        ends = [at for at, letter in enumerate(rest, 1) if letter == ")"]
        found += itertools.islice(filter(None, (call_in(rest[:end], name, thorough) for end in ends[:_ENDS])), 1)
    return list(dict.fromkeys(found))


def call_in(text, name, thorough=False):
    """The text of an expression if it is a call of `name` whose arguments need no other names; None otherwise.

    thorough: `Decimal` is no other name, nor is one that may be a class of the function's module.
    """
    if not isinstance(text, str) or len(text) > 10 * LONGEST:
        return None
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if isinstance(node, ast.Call) and not _calls(node, name) and len(node.args) == 1:
            # list(f(...)): what is observed of an iterator is a list anyway
            node = node.args[0] if getattr(node.func, "id", "") in ("list", "sorted", "tuple") else node
        call = ast.unparse(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    known = _KNOWN | (_classes(node) if thorough else set())
    return call if _calls(node, name) and len(call) <= LONGEST and _closed(node, known) else None


def _classes(call):
    """The names in a call that are written like classes."""
    names = {one.id for one in ast.walk(call) if isinstance(one, ast.Name)}
    return {name for name in names if name[0].isupper()}


def _calls(node, name):
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == name


def _closed(call, known):
    """Whether the arguments of a call hold only values, lambdas and `known` names, and no stars."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return False
    inside = [node for part in [*call.args, *call.keywords] for node in ast.walk(part)]
    own = {one.arg for one in inside if isinstance(one, ast.arg)}
    own |= {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    names = {one.id for one in inside if isinstance(one, ast.Name)}
    private = any(isinstance(one, ast.Attribute) and one.attr.startswith("_") for one in inside)
    odd = any(isinstance(one, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for one in inside)
    return names <= own | known | {call.func.id} and not private and not odd


_KNOWN = set(
    "abs all any bool bytes chr complex dict divmod enumerate filter float frozenset int iter len list map max min "
    "next ord pow range repr reversed round set sorted str sum tuple type zip ValueError TypeError KeyError "
    "datetime".split()
)


def proposals(source, name, count=32, seed=0, kinds=None, thorough=False):
    """At most `count` calls of the function `name` in a program text, without repeats.

    kinds: a list of kinds for each positional parameter, where more is known than the text says (see `parameters`).
    thorough: with arguments that keep to the hints (see `kinds`).
    """
    function = function_of(source, name)
    calls = [call for call, _ in documented(source, name, thorough)]
    calls += _mentioned(function, thorough)
    rng = random.Random(seed)
    plan = _plan(function, kinds, thorough)
    drawn = (
        call_in(f"{name}({', '.join(_arguments(*plan, rng, few=thorough))})", name, thorough) for _ in range(4 * count)
    )
    return list(dict.fromkeys([*calls, *filter(None, dict.fromkeys(drawn))]))[:count]


def _mentioned(function, thorough):
    """The calls that a function's docstring holds. thorough: over several lines of a prompt, too."""
    text = ast.get_docstring(function) or ""
    return mentioned(re.sub(r"(?m)^\s*(>>>|\.\.\.) ?", "", text) if thorough else text, function.name, thorough)


# What functions parse.
_FORMATS = ["1.2.3", "2024-01-31", "12:30:00", "2024-01-31T09:30:00Z", "#ff8800", "192.168.0.1",
            '{"a": 1}', "XIV", "1,234.50", "10 MB", "P1DT12H", "en_US", "a=1&b=2",
            "text/html; charset=utf-8"]  # fmt: skip


def formatted(source, name):
    """Calls with one text each in a format that many programs read. [] for a function that needs anything else."""
    return [f"{name}({text!r})" for text in _FORMATS] if _takes_a_text(function_of(source, name)) else []


def _takes_a_text(function):
    """Whether a function can be called with one text."""
    pairs = parameters(function)
    return bool(pairs) and "text" in kinds_of(pairs[0][0], function, pairs[0][1]) and all(one for _, one in pairs[1:])


def separated(source, name):
    """Calls with numbers between the separators that the body of the function `name` holds, such as "1.2.3.4": what a
    parser takes, and nobody draws by chance. [] for a function that needs anything else.
    """
    function = function_of(source, name)
    if not _takes_a_text(function):
        return []
    marks = [one for one in constants_in(function) if isinstance(one, str) and len(one) == 1 and not one.isalnum()]
    return [f"{name}({mark.join('1234'[:count])!r})" for mark in marks[:4] for count in (4, 3, 2)]


def parameters(function):
    """[(ast.arg, node of its default or None)] for the positional parameters of a function's node."""
    positional = [*function.args.posonlyargs, *function.args.args]
    defaults = [None] * (len(positional) - len(function.args.defaults)) + function.args.defaults
    return list(zip(positional, defaults, strict=True))


def _plan(function, kinds, thorough):
    """(positional, further, named): for each a list of (name, whether it may be left out, how to draw it)."""
    examples = [ast.parse(call, mode="eval") for call in _mentioned(function, thorough)]
    constants = constants_in(function) + [value for call in examples for value in constants_of(call)]

    def one(parameter, default=None, chosen=None):
        chosen = chosen or kinds_of(parameter, function, default, thorough)
        arity = _arity(parameter.arg, function)
        return parameter.arg, default is not None, lambda rng: argument(chosen, constants, rng, arity)

    pairs = parameters(function)
    positional = [one(*pair, chosen) for pair, chosen in zip(pairs, kinds or [None] * len(pairs), strict=True)]
    further = [one(function.args.vararg)] * 3 if function.args.vararg else []
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return positional, further, [one(*pair) for pair in named]


def _arguments(positional, further, named, rng, few=False):
    """The texts of the arguments of one call: all that are needed, and some of the others; few: often none of them."""
    needed = sum(not optional for _, optional, _ in positional)
    given = needed if few and rng.random() < 0.5 else rng.randint(needed, len(positional))
    texts = [drawn(rng) for _, _, drawn in positional[:given]]
    if given == len(positional):
        texts += [drawn(rng) for _, _, drawn in further[: rng.randint(0, len(further))]]
    return texts + [f"{name}={drawn(rng)}" for name, optional, drawn in named if not optional or rng.random() < 0.4]


def _arity(name, function):
    """With how many arguments the body calls its parameter `name`."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name]
    return len(calls[0].args) if calls else 1


def widened(function, thorough=False):
    """Kinds for each positional parameter where a first try brought nothing: all there are, if no hint says more."""
    every = richer(EVERY) if thorough else EVERY
    return [
        [*kinds_of(parameter, function, default, thorough), *([] if hinted(parameter.annotation, thorough) else every)]
        for parameter, default in parameters(function)
    ]
