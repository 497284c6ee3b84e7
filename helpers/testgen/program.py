"""The program as a teacher: it proposes calls, looks at what they do, and writes down what catches most mutants."""

from dataclasses import dataclass

from helpers import metrics
from helpers.testgen import assertions, proposals
from helpers.testgen.observe import MOST, NotObserved, observe


ENOUGH = 0.9  # of the mutants: then no more calls are tried


@dataclass(frozen=True)
class Written:
    """What came of writing a test for one function.

    test: its text, or '' where there is none, and then why says so. observed: all calls that were tried, as `Observed`.
    """

    test: str
    observed: tuple = ()
    why: str = ""


def write(function, name, *, calls=None, also=(), count=32, most=6, seed=0, mutants=None, readable=()):
    """Write a test for the function `name` of a program text: `Written`.

    calls: proposed by someone else, such as a model, in place of the program's own. also: such calls beside them. count: of the program's calls. most:
    assertions at most. mutants: to choose by; None for `metrics.mutants`. readable: see `observe`.
    """
    mutants = metrics.mutants(function, name)[:MOST] if mutants is None else mutants
    examples = [call for call, _ in proposals.documented(function, name)]
    try:
        if calls is None:
            seen = _tried(function, name, count, seed, mutants, readable)
            known = {one.call for one in seen}
            more = [call for call in dict.fromkeys(also) if call not in known]
            seen += observe(function, name, more, mutants, readable) if more else []
        else:
            seen = observe(function, name, list(dict.fromkeys(calls)), mutants, readable)
    except NotObserved as error:
        return Written("", why=str(error))
    found = assertions.chosen(seen, most, examples)
    if not found:
        return Written("", tuple(seen), why_not(seen))
    return Written(assertions.test_text(name, found), tuple(seen))


def _tried(function, name, count, seed, mutants, readable):
    """Calls of the likeliest kinds; where too few come to anything, or catch too little, more calls of every kind."""
    node = proposals.function_of(function, name)
    seen = observe(function, name, proposals.proposals(function, name, count, seed), mutants, readable)
    for more, kinds in ((2, None), (3, proposals.widened(node))):
        caught = frozenset().union(*(one.killed for one in seen))
        if len(caught) >= ENOUGH * len(mutants) and any(one.form != "no" for one in seen):
            break
        known = {one.call for one in seen}
        calls = [call for call in proposals.proposals(function, name, more * count, seed + more, kinds) if call not in known]
        seen += observe(function, name, calls, mutants, readable)
    return seen


def why_not(seen):
    """Why no call can be held on to: the commonest reason."""
    reasons = [one.text for one in seen if one.form == "no"]
    return max(set(reasons), key=reasons.count) if reasons else "no call was found"
