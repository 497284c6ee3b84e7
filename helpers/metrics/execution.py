"""What execution says about generated tests: how each ends, what it kills, how much of the function it runs.

Each test runs in sandboxed processes of its own, with the harness (harness.py, tracing.py) around it:
1. a process that runs it on the function, `repeats` times, and once more with a trace if coverage is asked for;
2. if all its assertions hold: a fresh process, with another PYTHONHASHSEED, for the function again and all mutants.

No two tests ever share a process, so none can change the score of another, and the scores are the same for any number
of workers. A test does share its processes with the harness: one written to that end can forge its own score, and
nothing else. It has to mean to: what it prints or submits is not read, the recorder has a name that no test guesses, a
report that the harness could not have made is refused, and the mutants run in a process that the first has never seen.
"""

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from helpers import sandbox
from helpers.errors import CourseError
from helpers.metrics import instrument, mutation
from helpers.metrics.coverage import function_in, measured

_FILES = [Path(__file__).with_name(name) for name in ("tracing.py", "harness.py")]
HARNESS = "\n".join(path.read_text(encoding="utf-8") for path in _FILES)
_LOST = 3  # processes of one test that do not come back before the rest of its mutants is given up


class Outcome(StrEnum):
    """How a test ended. Each equals its text: `score.outcome == "passes"`."""

    NOT_A_TEST = "not a test"  # pytest would collect nothing, it asserts nothing, or it never calls the function
    DOES_NOT_PARSE = "does not parse"
    DOES_NOT_RUN = "does not run"  # it ends before any assertion comes to a verdict
    TIMES_OUT = "times out"
    MEDDLES = "meddles"  # its report is none that the harness makes
    FAILS = "fails"  # an assertion is false or raises, or the test raises outside of one
    FLAKY = "flaky"  # the same test on the same function, run again, comes to other verdicts
    KILLS_NOTHING = "passes but kills nothing"
    PASSES = "passes"  # all assertions hold, and at least one is false on a mutant


@dataclass(frozen=True)
class TestScore:
    """What execution says about one test.

    outcome: an `Outcome`. held, assertions: how many assertions are true on the function, of how many are written.
    killed: for each mutant, in order, whether an assertion is false on it. noticed: for each mutant, whether anything
    changes on it, an exception or no end included. All of them are False if the test does not hold on the function.
    coverage, branch_coverage: see `metrics.coverage.measured`; None if not asked for. why: one phrase for people.

    Tools for mutation testing count what is noticed. Here an assertion must be false: a test that only calls the
    function, such as `assert f(1) == f(1)`, checks nothing, and yet notices each mutant that raises or never ends. So
    a mutant on which the test does not end (limits: harness.py) is noticed, and not killed.
    """

    __test__ = False  # its name makes pytest think it is one

    outcome: Outcome
    held: int = 0
    assertions: int = 0
    killed: tuple = ()
    noticed: tuple = ()
    coverage: float | None = None
    branch_coverage: float | None = None
    why: str = ""

    @property
    def valid(self):
        """Whether it is a test and comes to verdicts."""
        return self.outcome in (Outcome.FAILS, Outcome.FLAKY, Outcome.KILLS_NOTHING, Outcome.PASSES)

    @property
    def mutants(self):
        """How many mutants the function has."""
        return len(self.killed)

    @property
    def mutants_killed(self):
        """On how many of them an assertion is false."""
        return sum(self.killed)

    @property
    def mutants_noticed(self):
        """On how many of them anything changes: the count of mutation tools."""
        return sum(self.noticed)

    @property
    def mutation_score(self):
        """Killed over all mutants, 0 to 1; None for a function without mutants. Equivalent mutants keep it below 1."""
        return self.mutants_killed / self.mutants if self.mutants else None


def score_tests(
    functions, tests, mutants=None, names=None, seconds=5.0, repeats=2, coverage=False, label=None, workers=None,
    readable=(),
):  # fmt: skip
    """Score test texts against functions, in the sandbox; a TestScore each, in order.

    functions: program texts, each with all that the function needs. tests: cleaned texts, which call it by its name.
    mutants: for each function a list of program texts, or None for `metrics.mutants` of the function under test alone.
    names: of the functions under test; None for the last function of each text. seconds: of processor time for each
    process, twice that by the clock. repeats: how often a test runs in the first process. coverage: measure it too.
    label: what the progress bar says, None for no bar. workers: processes at a time, None for one per core. readable:
    folders that the functions may import from.

    unittest's cases and pytest's parametrize and raises work; fixtures do not, and `why` says so.
    """
    functions, tests = _texts("functions", functions), _texts("tests", tests)
    mutants = [None] * len(functions) if mutants is None else list(mutants)
    mutants = [None if some is None else _texts("mutants", some) for some in mutants]
    names = [None] * len(functions) if names is None else _texts("names", names)
    if not len(functions) == len(tests) == len(mutants) == len(names):
        raise CourseError(
            f"score_tests() got {len(functions)} functions, {len(tests)} tests, {len(mutants)} lists of mutants and "
            f"{len(names)} names. Give one of each for every test."
        )
    if not repeats >= 1:
        raise CourseError(f"score_tests(repeats={repeats!r}) cannot be. A test runs at least once.")
    settings = {
        "seconds": seconds,
        "repeats": repeats,
        "coverage": coverage,
        "readable": [str(place) for place in readable],
    }
    known = {}
    rows = []
    for function, test, given, name in zip(functions, tests, mutants, names, strict=True):
        if (function, name) not in known:
            known[function, name] = _target(function, name)
        rows.append((known[function, name], test, given, settings))
    return sandbox.in_parallel(lambda row: _score(*row), rows, workers, label)


def call_values(function, calls):
    """What each of `calls` (texts of expressions) returns, as text, or the name of what it raises; in the sandbox."""
    return _ask({"question": "values", "function": function, "calls": list(calls)}, seconds=5.0).result or []


def _texts(what, texts):
    found = [None] if isinstance(texts, str) or not isinstance(texts, Iterable) else list(texts)
    if not all(isinstance(text, str) for text in found):
        raise CourseError(f"score_tests() needs a list of texts as {what}.")
    return found


@dataclass(frozen=True)
class _Target:
    """A program, the name of the function under test in it, and the mutants of that function."""

    text: str
    name: str
    mutants: list
    counter: str  # see `instrument.counted`


def _target(text, name):
    try:
        found = function_in(ast.parse(text), name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CourseError(f"A function to be tested does not parse: {error}. Give program texts.") from error
    if found is None:
        raise CourseError(f"A program has no function {name or ''!r} to be tested. Define it at the top level.")
    return _Target(text, found.name, mutation.mutants(text, found.name), instrument.hidden("_step", text))


def _score(target, test, mutants, settings):
    mutants = target.mutants if mutants is None else mutants
    planned = instrument.plan(target.name, test, target.counter)
    facts = {"assertions": planned.assertions, "killed": (False,) * len(mutants), "noticed": (False,) * len(mutants)}
    if planned.text is None:
        outcome = Outcome.DOES_NOT_PARSE if planned.why == "does not parse" else Outcome.NOT_A_TEST
        return TestScore(outcome, **facts, why=planned.why)
    job = settings | {"test": planned.text, "recorder": planned.recorder, "counter": target.counter}
    ended = _ask(job | {"question": "verdicts", "function": target.text}, settings["seconds"])
    if ended.result is None:
        outcome = Outcome.TIMES_OUT if ended.status == "timeout" else Outcome.DOES_NOT_RUN
        return TestScore(outcome, **facts, why=f"does not run ({ended.status})")
    if not _believable(ended.result, planned.assertions):
        return TestScore(Outcome.MEDDLES, **facts, why="meddles with its own score")
    if settings["coverage"]:
        facts["coverage"], facts["branch_coverage"] = measured(target.text, target.name, ended.result["arcs"])
    outcome, held, why = _first_verdict(ended.result["reports"], planned)
    if outcome is not Outcome.PASSES:
        return TestScore(outcome, held, **facts, why=why)
    texts = [instrument.counted(text, target.counter) for text in (target.text, *mutants)]
    original, marks = _on_mutants(job | {"function": texts[0]}, texts[1:])
    if original != ended.result["reports"][0]:
        return TestScore(Outcome.FLAKY, held, **facts, why="flaky; another process comes to other verdicts")
    facts |= {"killed": tuple(mark == "k" for mark in marks), "noticed": tuple(mark in "kn" for mark in marks)}
    if "k" in marks:
        return TestScore(outcome, held, **facts, why="useful: all assertions hold, and a mutant is caught")
    why = "all assertions hold, on every mutant too: checks nothing"
    return TestScore(Outcome.KILLS_NOTHING, held, **facts, why=why if marks else f"{why}; the function has no mutants")


def _first_verdict(reports, planned):
    """(outcome, assertions that held, why) from the runs on the function; PASSES still depends on the mutants."""
    pairs, trouble, loaded = reports[0]
    held = sum(verdict is True for _, verdict in pairs)
    detail = f"; it raises {trouble:.60}" if trouble else ""
    if planned.fixtures:
        detail = f"; it needs the pytest fixture {planned.fixtures[0]!r}"
    if trouble == "Stop":
        return Outcome.TIMES_OUT, 0, "does not run (timeout)"
    if not loaded:
        return Outcome.DOES_NOT_RUN, 0, f"does not run (error){detail}"
    if all(verdict is None for _, verdict in pairs):
        outcome = Outcome.TIMES_OUT if trouble == "Slow" else Outcome.DOES_NOT_RUN
        return outcome, 0, f"does not run: no assertion comes to a verdict{detail}"
    if any(report != reports[0] for report in reports):
        return Outcome.FLAKY, held, "flaky; a second run comes to other verdicts"
    if trouble and held == planned.assertions:
        return Outcome.FAILS, held, f"all assertions hold, but the test raises {trouble:.60} elsewhere"
    outcome = Outcome.PASSES if held == planned.assertions else Outcome.FAILS
    return outcome, held, f"{held} of {planned.assertions} assertions hold{detail}"


def _on_mutants(job, mutants):
    """(report on the function, or None; a mark for each mutant: k, n or s), from a fresh process."""
    job = job | {"question": "mutants"}

    def ask(some):
        answer = _ask(job | {"mutants": some}, job["seconds"] + 0.2 * len(some), hash_seed=1).result
        known = isinstance(answer, dict) and re.fullmatch(f"[kns]{{{len(some)}}}", str(answer.get("mutants")))
        return (answer["reports"][0], answer["mutants"]) if known and _believable(answer) else (None, "n" * len(some))

    original, marks = ask(mutants)
    if original is None and mutants:  # a mutant took the process with it, and which one is not known
        original, marks = ask([])
        for mutant in mutants if original else []:
            lost = marks.count("l")
            report, mark = ask([mutant]) if lost < _LOST else (None, "")
            marks += mark if report == original else "l"
        marks = marks.replace("l", "n")
    return original, marks


def _believable(answer, assertions=10**6):
    """Whether the harness can have made an answer: the test ran in the same process."""
    try:
        reports = json.dumps(answer["reports"])
        arcs = all(type(last) is type(line) is int for last, line in answer.get("arcs", []))
        numbers = [number for report in answer["reports"] for number, _ in report[0]]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return False
    verdict = r"\[\d+, (true|false|null)\]"
    report = rf'\[\[({verdict}(, {verdict})*)?\], "[^"]*", (true|false)\]'
    return bool(arcs and re.fullmatch(rf"\[{report}(, {report})*\]", reports) and max(numbers, default=0) < assertions)


def _ask(job, seconds, hash_seed=0):
    """The sandbox's Outcome for one job of the harness. A busy machine gets twice the time by the clock."""
    limits = sandbox.Limits(seconds=2 * seconds, output_bytes=200_000)
    readable = job.get("readable", ())
    return sandbox.run(f"job = {job!r}\n", limits=limits, harness=HARNESS, hash_seed=hash_seed, readable=readable)
