"""What execution says about tests, in the words of the lessons."""

import ast
from dataclasses import dataclass

from helpers.metrics.execution import Outcome, call_values, score_tests


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
