"""What calls of a function do, found out by executing them in the sandbox: the values that a test can pin.

All calls of a function, and their repeats, share one process; a second, with another order of sets, says whether the
assertions hold there, and on which mutants they are false. That is two processes for dozens of calls, where
`metrics.score_tests` takes two for each test; the price is that calls of one function could disturb each other, so
finished tests are scored there.
"""

import ast
import re
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

from helpers import sandbox
from helpers.testgen import assertions

_FILES = [Path(__file__).with_name(name) for name in ("watching.py", "literals.py", "observer.py")]
HARNESS = "\n".join(path.read_text(encoding="utf-8") for path in _FILES)
MOST = 40  # mutants of one function that are tried
REPEATS = 10
DOWN, SLOW = "it brings its process down", "it does not come back in time"
UNWATCHED, AGAIN = "it could not be watched in time", "it gives another result when it is called again"
NAMED = "a test would need its name for something else"
_LIMITS = sandbox.Limits(seconds=30.0, output_bytes=400_000)
_LOST, _PATIENCE = 6, 15.0  # processes and seconds that one question may cost before these calls are given up
_ENDED = {getattr(signal, name, None) for name in ("SIGKILL", "SIGPROF")}  # how watching.py ends what goes on too long
_SEEDS = (1, 2, 3, 4)  # for the order of sets; the first process has 0


@dataclass(frozen=True)
class Observed:
    """A call, and what an assertion about it can hold on to.

    form: "is", "==", "repr" (of an object), "list" (of an iterator that ends), "first" (values of one that does not),
    "changes" (an argument), "raises", "list raises" (an iterator, when it is read), or "no": nothing, and `text` says
    why. text: the value as source text; for "changes" [number of the argument, its text afterwards], or a list of these
    for several. killed: the numbers of the mutants on which the assertion would be false.
    """

    call: str
    form: str
    text: object
    killed: frozenset = frozenset()


class NotObserved(Exception):
    """Why nothing can be said about a function: a phrase for people."""


class _Lost(Exception):
    """Why nothing can be said about some calls."""


def observe(function, name, calls, mutants=(), readable=(), repeats=REPEATS, thorough=False):
    """An `Observed` for each of `calls` (texts, without repeats), in order.

    function: the program text, which is executed in the sandbox. mutants: program texts with one bug each. readable:
    folders that the program may import from. repeats: how often each call is made; one that gives another result is
    dropped. An exception counts only if the text of the function raises one of that name itself, and it is one of
    Python's own: any other says that the call was no proper one. thorough: what tests that are kept need, in more time:
    a call may change several arguments, give an object, ask for a variable of the environment that nobody sets, and
    raise an exception of its module, or one that a `raise` of any code but Python's own raised; a mutant on which it
    raises or does not end is killed, and slower calls are watched. Raises NotObserved if the function cannot be called.
    """
    calls = list(calls)
    if not calls:
        return []
    tree = ast.parse(function)
    job = _job(function, name) | {"repeats": repeats, "raising": _raised(tree), "thorough": thorough}
    try:
        seen = _seen(job, calls, readable)
        # What stands for an object may hold a set.
        sets = _depends_on_sets(tree) or any(one.form == "repr" for one in seen)
        return _asserted(job, seen, list(mutants)[:MOST], readable, _SEEDS if sets else _SEEDS[:1])
    except _Lost as lost:
        return [Observed(call, "no", str(lost)) for call in calls]


def ends(function, name, call, readable=()):
    """Whether a call comes back within 3 seconds of the processor, alone in its process. Raises NotObserved."""
    job = _job(function, name) | {"question": "ends", "calls": [_shape(call, name)], "raising": [], "thorough": False}
    try:
        return _ask(job, {}, readable, 0, lambda answer: type(answer["ends"]) is bool)["ends"]
    except _Lost as lost:
        return str(lost) != SLOW


def _job(function, name):
    return {"function": function, "name": name}


def _seen(job, calls, readable):
    """What the calls do, in one process."""
    shapes = [_shape(call, job["name"]) for call in calls]
    skip = {number: f"it is no plain call of {job['name']}" for number, shape in enumerate(shapes) if not shape}
    job = job | {"question": "values", "calls": [shape or ([], []) for shape in shapes]}
    outcomes = _ask(job, skip, readable, 0, lambda answer: len(answer["outcomes"]) == len(calls))["outcomes"]
    thorough = job["thorough"]
    return [_checked(call, outcome, job["name"], thorough) for call, outcome in zip(calls, outcomes, strict=True)]


def _asserted(job, seen, mutants, readable, seeds):
    """The same, after assertions about them were executed: in other processes, and on mutants."""
    texts = ["" if one.form == "no" else "\n".join(assertions.lines(one)) for one in seen]
    job = job | {"question": "assertions", "imports": assertions.imports("\n".join(texts), job["name"])}
    job["lines"] = [(text, "raises" in one.form) for one, text in zip(seen, texts, strict=True)]
    why, killed = {number: one.text for number, one in enumerate(seen) if one.form == "no"}, []
    for seed in seeds:
        job["mutants"] = mutants if seed == seeds[0] else []
        if len(why) < len(seen):
            answer = _ask(job, why, readable, seed, lambda answer: _is_verdict(answer, len(seen), len(job["mutants"])))
            why |= {number: text for number, text in enumerate(answer["why"]) if text}
            killed += answer["killed"]
    kills = [frozenset(at for at, row in enumerate(killed) if number in row) for number in range(len(seen))]
    return [
        Observed(one.call, "no", why[number]) if number in why else replace(one, killed=kills[number])
        for number, one in enumerate(seen)
    ]


def _shape(call, name):
    """([texts of positional arguments], [(name, text)]) of a call, or None where it is none, or one with stars."""
    try:
        node = ast.parse(call, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return None
    if not isinstance(node, ast.Call) or getattr(node.func, "id", None) != name:
        return None
    names = [one.arg for one in node.keywords]
    if any(isinstance(one, ast.Starred) for one in node.args) or None in names or len(names) > len(set(names)):
        return None
    return [ast.unparse(one) for one in node.args], [(one.arg, ast.unparse(one.value)) for one in node.keywords]


def _raised(tree):
    """The names of the exceptions that a program text raises itself."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found[raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")] = None
    return list(found)


def _depends_on_sets(tree):
    """Whether a program text uses sets or hashes itself."""
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)}
    sets = any(isinstance(node, ast.Set | ast.SetComp) for node in ast.walk(tree))
    return sets or bool(names & {"set", "frozenset", "hash"})


def _ask(job, skip, readable, hash_seed, believable):
    """The observer's answer to a job. What ends its process, a call or a mutant, is left out of the next one.

    skip: {number of a call: why it is left out}. believable: whether the observer can have made an answer.
    """
    started, skipped, why = time.monotonic(), {"call": dict(skip), "mutant": {}}, DOWN
    for _ in range(_LOST):
        program = f"job = {job | {'skip': skipped}!r}\n"
        ended = sandbox.run(program, limits=_LIMITS, harness=HARNESS, hash_seed=hash_seed, readable=readable)
        answer = ended.result
        if isinstance(answer, dict) and "trouble" in answer:
            raise NotObserved(str(answer["trouble"]))
        try:
            if believable(answer):
                return answer
        except (TypeError, KeyError, AttributeError):
            pass
        why = SLOW if ended.status == "timeout" or -ended.returncode in _ENDED else DOWN
        last = re.findall(r"^(call|mutant) (\d{1,6})$", ended.stdout, re.MULTILINE)
        if not last:
            raise NotObserved(f"its module: {why}")
        skipped[last[-1][0]][int(last[-1][1])] = why
        if time.monotonic() - started > _PATIENCE:
            break
    raise _Lost(why)


def _is_verdict(answer, calls, mutants):
    return (
        len(answer["why"]) == calls
        and all(isinstance(one, str) for one in answer["why"])
        and len(answer["killed"]) == mutants
        and all(0 <= number < calls for row in answer["killed"] for number in row)
    )


def _checked(call, outcome, name, thorough=False):
    """An `Observed` whose text may be written into a file that people run: no one can pass off code as a value."""
    try:
        form, text = outcome
        if form == "no" and isinstance(text, str):
            return Observed(call, form, text)
        if _is_form(form, text, thorough):
            one = Observed(call, form, text)
            return Observed(call, "no", NAMED) if assertions.clashes(one, name) else one
    except (TypeError, ValueError, AttributeError, IndexError):
        pass
    return Observed(call, "no", "it meddles with what is observed")


def _is_form(form, text, thorough):
    if form in ("raises", "list raises"):
        return text.isidentifier()
    if form == "changes":
        changes = text if type(text[0]) is list else [text]
        return all(type(number) is int and is_value(after) for number, after in changes)
    if form == "repr":
        return type(ast.literal_eval(text)) is str
    return form in ("is", "==", "list", "first") and is_value(text, thorough)


_NODES = (ast.Expression, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.USub, ast.UAdd,
          ast.Load, ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.BinOp, ast.Add, ast.Sub)  # fmt: skip
_CALLED = {"set", "frozenset", "range", "float", "bytearray", "Fraction", "Decimal", "deque"}
_CALLED |= {"pytest.approx", "datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.time"}
_CALLED |= {"datetime.timezone"}
_PARTS = _CALLED | {"pytest", "datetime", "datetime.timezone.utc"}
_CLASS = re.compile(r"[A-Z]\w*(\.[A-Za-z]\w*)?")


def is_value(text, thorough=False):
    """Whether a text is a literal, or one of the few calls that stand for a value: nothing that does anything.

    thorough: or calls what is written like a class of the module, or names a member of one.
    """
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            return False
        named = ast.unparse(node.func if isinstance(node, ast.Call) else node)
        if thorough and isinstance(node, ast.Call | ast.Name | ast.Attribute) and _CLASS.fullmatch(named):
            continue
        if isinstance(node, ast.Call) and named not in _CALLED:
            return False
        if isinstance(node, ast.Name | ast.Attribute) and named not in _PARTS:
            return False
    return True
