"""Unit tests from a model: the request, the cleaning of answers, and a score that comes from execution alone.

A test is scored by running it in the sandbox. Each `assert` is recorded by itself, so that one wrong guess does not
hide the right ones; a test that holds must also fail on a mutant, because a test that checks nothing holds too.
"""

import ast
import random
import re
import textwrap
import tomllib
from dataclasses import dataclass

from helpers.course import ROOT
from helpers.metrics.execution import Outcome, call_values, score_tests

INSTRUCTION = "Write a pytest test for this Python function. Answer with one code block that holds only the test."


def conversation(function, shots=()):
    """The chat that asks for a test of `function` (source text), after worked examples `shots` (see `examples`)."""
    messages = []
    for shot in shots:
        messages += [_request(shot["function"]), {"role": "assistant", "content": fenced(shot["test"])}]
    return [*messages, _request(function)]


def _request(function):
    return {"role": "user", "content": f"{INSTRUCTION}\n\n{fenced(function)}"}


def fenced(code):
    """`code` in a Markdown code block, as chat models write it."""
    return f"```python\n{code.strip()}\n```"


# --- The functions and their tests ------------------------------------------------------------------------------------


def examples(split, per_kind, seed=0):
    """Function and test pairs from `data/simple_functions.toml`, as dicts: kind, name, function, test.

    split: 'train' or 'test'. per_kind: how many variants of each kind (other names and constants). The expected values
    come from executing the function: these are the course's own templates, so they run without a sandbox.
    """
    kinds = tomllib.loads((ROOT / "data" / "simple_functions.toml").read_text(encoding="utf-8"))["kind"]
    rows = []
    for kind in kinds:
        if kind["split"] == split:
            rng = random.Random(f"{seed} {kind['name']}")
            rows += [_example(kind, variant, rng) for variant in rng.sample(_variants(kind), per_kind)]
    random.Random(seed).shuffle(rows)
    return rows


def _variants(kind):
    """All (name, argument names, constant) that a kind allows."""
    return [
        (name, names, constant)
        for name in kind["names"]
        for names in kind["args"]
        for constant in kind.get("constants", [None])
    ]


def _example(kind, variant, rng):
    name, arguments, constant = variant
    words = {"NAME": name, "K": str(constant), **dict(zip("ABC", arguments, strict=False))}
    function = re.sub(r"\b(NAME|[ABCK])\b", lambda found: words[found[0]], kind["source"]).strip() + "\n"
    # The inputs of a kind begin with the simplest. A test does too, as a person's would, and adds two others.
    chosen = [0, *sorted(rng.sample(range(1, len(kind["inputs"])), k=2))]
    test = write_test(function, name, [kind["inputs"][index] for index in chosen])
    return {"kind": kind["name"], "name": name, "function": function, "test": test}


def write_test(function, name, inputs):
    """A pytest test of a *trusted* function: one assertion per input (argument lists as source). It is executed."""
    space = {}
    exec(function, space)
    lines = [f"def test_{name}():"]
    for arguments in inputs:
        value = eval(f"{name}({arguments})", dict(space))
        comparison = "is" if value is None or isinstance(value, bool) else "=="
        lines.append(f"    assert {name}({arguments}) {comparison} {value!r}")
    return "\n".join(lines) + "\n"


# --- Cleaning ---------------------------------------------------------------------------------------------------------


def clean(answer, name):
    """The code of a model's answer: fences and chatter off, a half last line off, the function itself and prints off.

    name: the function under test. A model often repeats it, sometimes wrongly; the test must meet the real one.
    Returns '' if nothing in the answer parses.
    """
    answer = answer.replace("\r\n", "\n")
    blocks = re.findall(r"(?is)```(?:python3?|py3?)?[ \t]*\n(.*?)(?:```|\Z)", answer)
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


# --- Scoring ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """What execution says about one test.

    valid: it is a test (pytest would collect it, an assertion of it calls the function) and it runs (at least one
    assertion came to a verdict). held, assertions: how many assertions are true, of how many. passes: all of them are,
    and one of them is false on a mutant of the function. why: one phrase for people.
    """

    valid: bool
    held: int
    assertions: int
    passes: bool
    why: str

    @property
    def held_fraction(self):
        """Held over written assertions; 0 for what is not a valid test, so that silence earns nothing."""
        return self.held / self.assertions if self.valid else 0.0


def score(rows, tests, label=None):
    """Score cleaned test texts against their functions (dicts with 'function' and 'name'), in the sandbox, in order."""
    functions, names = [row["function"] for row in rows], [row["name"] for row in rows]
    return [
        Score(found.valid, found.held, found.assertions, found.outcome == Outcome.PASSES, found.why.partition(";")[0])
        for found in score_tests(functions, tests, names=names, label=label)
    ]


def outcomes(rows, systems):
    """One dict per row for `course.record`: kind, name, and each system's valid, assertions_hold and useful (0 to 1).

    systems: name → list of `Score`, one per row. A system is a way of getting a test.
    """
    return [
        {"kind": row["kind"], "name": row["name"]}
        | {f"valid_{system}": int(scores[at].valid) for system, scores in systems.items()}
        | {f"assertions_hold_{system}": scores[at].held_fraction for system, scores in systems.items()}
        | {f"useful_{system}": int(scores[at].passes) for system, scores in systems.items()}
        for at, row in enumerate(rows)
    ]


def actual_values(row, test):
    """For each `assert f(...) == ...` in a test: (the assertion, what the call really returns), as texts.

    The calls are the model's, so they run in the sandbox. Assertions of another form are left out.
    """
    found = [node.test for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Assert)]
    found = [condition for condition in found if isinstance(condition, ast.Compare)]
    calls = [ast.unparse(condition.left) for condition in found]
    values = call_values(row["function"], calls)
    return list(zip([f"assert {ast.unparse(condition)}" for condition in found], values, strict=False))
