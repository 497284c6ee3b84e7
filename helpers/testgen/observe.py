"""What calls of a function do, found out by executing them in the sandbox: the values that a test can pin.

All calls of a function, their repeats and its mutants share one process, and one more process with another order of
sets says whether the values depend on it. That is two processes for dozens of calls, where `metrics.score_tests` takes
two for each test; the price is that calls of one function could disturb each other, so finished tests are scored there.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from helpers import sandbox

HARNESS = Path(__file__).with_name("observer.py").read_text(encoding="utf-8")
MOST = 40  # mutants of one function that are tried
REPEATS = 10
_LIMITS = sandbox.Limits(seconds=30.0, output_bytes=400_000)
_LOST = 4  # processes of one function that do not come back before the rest of its calls is given up


@dataclass(frozen=True)
class Observed:
    """A call, and what an assertion about it can hold on to.

    form: "is", "==", "list" (of an iterator that ends), "first" (values of one that does not), "changes" (an argument),
    "raises", or "no": nothing, and `text` says why. text: the value as source text; for "changes" [number of the
    argument, its text afterwards]. killed: the numbers of the mutants on which the assertion would be false.
    """

    call: str
    form: str
    text: object
    killed: frozenset = frozenset()


class NotObserved(Exception):
    """Why nothing can be said about a function: a phrase for people."""


def observe(function, name, calls, mutants=(), readable=(), repeats=REPEATS):
    """An `Observed` for each of `calls` (texts, without repeats), in order.

    function: the program text, which is executed in the sandbox. mutants: program texts with one bug each. readable:
    folders that the program may import from. repeats: how often each call is made; one that gives another result is
    dropped. An exception counts only if the text of the function raises one of that name itself: any other says that
    the call was no proper one. Raises NotObserved if the function cannot be called at all.
    """
    job = {"function": function, "name": name, "mutants": list(mutants)[:MOST], "repeats": repeats}
    found = _ask(job, list(calls), readable)
    again = _ask(job | {"mutants": [], "repeats": 1}, list(calls), readable, hash_seed=1)
    raised = _raised(function, name)
    seen = []
    for number, call in enumerate(calls):
        (form, text), other = found[number][:2], again[number][:2]
        if form != "no" and other[0] != "no" and [form, text] != other:
            form, text = "no", "it gives another result when it is called again"
        if form == "raises" and text not in raised:
            form, text = "no", f"it raises {text}, which it does not do on purpose"
        seen.append(Observed(call, form, text, frozenset() if form == "no" else frozenset(found[number][2])))
    return seen


def _ask(job, calls, readable, hash_seed=0, lost=None):
    """[form, text, numbers of killed mutants] for each call. Calls that bring their process down are found by halving."""
    lost = [0] if lost is None else lost
    if not calls or lost[0] >= _LOST:
        return [["no", "it brings its process down", []] for _ in calls]
    program = f"job = {job | {'calls': calls}!r}\n"
    ended = sandbox.run(program, limits=_LIMITS, harness=HARNESS, hash_seed=hash_seed, readable=readable)
    answer = ended.result
    if isinstance(answer, dict) and "trouble" in answer:
        raise NotObserved(str(answer["trouble"]))
    if not _believable(answer, calls, job["mutants"]):
        lost[0] += 1
        half = len(calls) // 2
        if not half:
            return [["no", "it brings its process down", []]]
        parts = [_ask(job, part, readable, hash_seed, lost) for part in (calls[:half], calls[half:])]
        return parts[0] + parts[1]
    kills = [[] for _ in calls]
    for mutant, numbers in enumerate(answer["killed"]):
        for number in numbers:
            kills[number].append(mutant)
    return [[form, text, kills[number]] for number, (form, text) in enumerate(answer["outcomes"])]


def _believable(answer, calls, mutants):
    """Whether the observer can have made an answer."""
    try:
        return (
            len(answer["outcomes"]) == len(calls)
            and len(answer["killed"]) == len(mutants)
            and all(0 <= number < len(calls) for row in answer["killed"] for number in row)
            and all(_form(*pair) for pair in answer["outcomes"])
        )
    except (TypeError, KeyError):
        return False


def _form(form, text):
    """Whether a form goes with its text, and the text is a value: it will be written into a file that people run."""
    if form == "no":
        return isinstance(text, str)
    if form == "raises":
        return isinstance(text, str) and text.isidentifier()
    if form == "changes":
        return isinstance(text[0], int) and is_value(text[1])
    return form in ("is", "==", "list", "first") and is_value(text)


_CALLED = {"set", "frozenset", "range", "float", "bytearray", "Fraction", "Decimal", "deque"}
_CALLED |= {"pytest.approx", "datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.time"}


def is_value(text):
    """Whether a text is a literal, or one of the few calls that stand for a value: nothing that does anything."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return False
    allowed = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd, ast.Load, ast.Call,
               ast.keyword, ast.Name, ast.Attribute, ast.BinOp, ast.Add, ast.Sub)  # fmt: skip
    names = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, allowed):
            return False
        if isinstance(node, ast.Call) and ast.unparse(node.func) not in _CALLED:
            return False
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in names and ast.unparse(node) not in ("pytest", "datetime"):
            return False
    return True


def _raised(function, name):
    """The names of the exceptions that a program text raises itself."""
    found = set()
    for node in ast.walk(ast.parse(function)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.add(raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", ""))
    return found
