"""The program as a teacher: it proposes calls, looks at what they do, and writes down what catches most mutants."""

import time
from dataclasses import dataclass

from helpers import metrics
from helpers.metrics import Outcome
from helpers.testgen import assertions, proposals
from helpers.testgen.observe import DOWN, MOST, SLOW, UNWATCHED, NotObserved, observe

ENOUGH = 0.9  # of the mutants: then no more calls are tried
PATIENCE = 15.0  # seconds by the clock: the same
NO_TEXT, NO_FUNCTION = "its text does not parse", "its text has no plain function of that name at its top level"


@dataclass(frozen=True)
class Written:
    """What came of writing a test for one function.

    test: its text, or '' where there is none, and then why says so. observed: all calls that were tried, as `Observed`.
    """

    test: str
    observed: tuple = ()
    why: str = ""


def write(
    function, name, *, calls=None, also=(), count=32, step=None, most=6, least=1, seed=0, mutants=None, readable=(),
    scored=True, thorough=False,
):  # fmt: skip
    """Write a test for the function `name` of a program text: `Written`, the same each time.

    calls: proposed by someone else, such as a model, in place of the program's own. also: such calls beside them.
    count: of the program's calls; where they and `also` catch too little, it adds 2 and then 3 times `step` of them
    (`count` if None). most, least: how many assertions (see `assertions.chosen`). mutants: to choose by;
    None for `metrics.mutants`. readable: see `observe`. thorough: see `observe` and `proposals`. scored: run the test
    by itself, and return none that does not hold; without it, which is faster, a function can be so strange that its
    test fails.
    """
    readable = [str(folder) for folder in readable]
    try:
        node = proposals.function_of(function, name)
        mutants = metrics.mutants(function, name)[:MOST] if mutants is None and node else list(mutants or ())[:MOST]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Written("", why=NO_TEXT)
    if node is None:
        return Written("", why=NO_FUNCTION)
    try:
        given = [proposals.call_in(text, name, thorough) for text in (also if calls is None else calls)]
        given = [call for call in dict.fromkeys(given) if call]
        if calls is None:
            seen = _tried(function, name, given, count, step or count, seed, mutants, readable, thorough)
        else:
            seen = observe(function, name, given, mutants, readable, thorough=thorough)
    except NotObserved as error:
        return Written("", why=str(error))
    except RecursionError:
        return Written("", why="its text is nested too deeply")
    examples = [call for call, _ in proposals.documented(function, name, thorough)]
    found = assertions.chosen(seen, most, examples, least)
    test = assertions.test_text(name, found)
    why = "" if test else why_not(seen)
    if test and scored:
        (score,) = metrics.score_tests([function], [test], [mutants], [name], workers=1, readable=readable)
        if score.outcome not in (Outcome.PASSES, Outcome.KILLS_NOTHING):
            test, why = "", f"its test does not hold by itself: {score.why}"
    return Written(test, tuple(seen), why)


def _tried(function, name, given, count, step, seed, mutants, readable, thorough):
    """Calls of the likeliest kinds, and those given; where too few come to anything, or catch too little, more."""
    node = proposals.function_of(function, name)
    started = time.monotonic()
    own = proposals.proposals(function, name, count, seed, thorough=thorough)
    seen = observe(function, name, list(dict.fromkeys([*own, *given])), mutants, readable, thorough=thorough)
    for more, kinds in ((2, None), (3, proposals.widened(node, thorough))):
        caught = frozenset().union(*(one.killed for one in seen))
        enough = len(caught) >= ENOUGH * len(mutants) and any(one.form != "no" for one in seen)
        hopeless = all(one.text in (DOWN, SLOW, UNWATCHED) for one in seen)
        if enough or hopeless or time.monotonic() - started > PATIENCE:
            break
        known = {one.call for one in seen}
        calls = proposals.proposals(function, name, more * step, seed + more, kinds, thorough)
        new = [call for call in calls if call not in known]
        seen += observe(function, name, new, mutants, readable, thorough=thorough)
    return seen


def why_not(seen):
    """Why no call can be held on to: the commonest reason."""
    reasons = [one.text for one in seen if one.form == "no"]
    return max(dict.fromkeys(reasons), key=reasons.count) if reasons else "no call was found"
