"""Runs inside the sandbox: calls a function many times, and says for each call what an assertion could hold on to.

`observe` sends this file's text there, with a job as the program. It imports nothing of ours, and few modules: every
function pays for these imports.
"""

import builtins
import datetime
import io
import json  # noqa: F401  submit() uses it
import os
import random
import signal
import sys
import types

CALL = 0.3  # seconds of processor time for one call on the function
MUTANT_CALL = 0.1  # the same on a mutant
LOST = 2  # calls that run into that limit before the rest of a mutant is given up
AGAIN = "it gives another result when it is called again"
FEW, MANY = 6, 40  # what is read of an iterator that does not end, and how far one is followed
LONGEST = 160  # characters of a value
TIMERS = hasattr(signal, "setitimer")
TOUCHING = ("open", "os.", "socket.", "subprocess.", "shutil.", "glob.", "tempfile.", "sqlite3.", "ctypes.", "time.sleep")
HARMLESS = (".py", ".pyc", ".so", ".pyd")  # modules that a function imports when it is called
IMPORTS = {
    "Fraction": "from fractions import Fraction", "Decimal": "from decimal import Decimal",
    "OrderedDict": "from collections import OrderedDict", "Counter": "from collections import Counter",
    "deque": "from collections import deque",
}  # fmt: skip


class Slow(BaseException):
    """A call took too long. No Exception, which the code under test might catch."""


class Unwritable(Exception):
    """A value that no short expression stands for. Its text says why."""


def limited(seconds, action):
    """`action()`, or Slow after that much of the process's own time, where the system has such timers."""
    if not TIMERS:
        return action()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
    try:
        return action()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(number, frame):
    raise Slow


# --- Values as source text --------------------------------------------------------------------------------------------


def written(value, depth=0):
    """An expression that equals `value`. Floats become pytest.approx(...), so that other machines agree."""
    if depth > 6:
        raise Unwritable("it returns something deeply nested")
    kind = type(value)
    if kind is float:
        if value != value:
            raise Unwritable("it returns nan, which equals nothing")
        return f"float('{value}')" if value in (float("inf"), -float("inf")) else f"pytest.approx({value!r})"
    if kind in (int, bool, type(None), str, bytes, complex, range, bytearray):
        return repr(value)
    if kind in (datetime.date, datetime.datetime, datetime.timedelta, datetime.time):
        return repr(value)
    if kind in (set, frozenset):
        inside = "{" + ", ".join(sorted(plain(one) for one in value)) + "}" if value else ""
        return (inside or "set()") if kind is set else f"frozenset({inside})"
    if kind in (list, tuple):
        inside = ", ".join(written(one, depth + 1) for one in value)
        return f"[{inside}]" if kind is list else f"({inside},)" if len(value) == 1 else f"({inside})"
    if kind is dict or kind.__name__ in ("OrderedDict", "Counter", "defaultdict"):
        return "{" + ", ".join(f"{plain(key)}: {written(one, depth + 1)}" for key, one in value.items()) + "}"
    if kind.__name__ == "deque":
        return f"deque({written(list(value), depth + 1)})"
    if kind.__module__ in ("fractions", "decimal", "_decimal") and kind.__name__ in IMPORTS:
        return repr(value)
    raise Unwritable(f"it returns a {kind.__name__}, which has no short text")


def plain(value):
    """The same for keys and members of sets, which an approximate number cannot be."""
    text = written(value)
    if "approx" in text:
        raise Unwritable("it returns a set or a dict of floats")
    return text


def is_iterator(value):
    kind = type(value)
    return hasattr(kind, "__next__") and hasattr(kind, "__iter__") and not isinstance(value, io.IOBase)


def first_of(iterator):
    """(its first values, whether these are all)."""
    found = []
    for value in iterator:
        found.append(value)
        if len(found) > MANY:
            return found[:FEW], False
    return found, True


# --- One call ---------------------------------------------------------------------------------------------------------


class Watch:
    """Notes when a call reads, writes or starts something outside of Python."""

    def __init__(self):
        self.on, self.event = False, None
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        if self.on and event.startswith(TOUCHING) and not (
            event == "open" and str(arguments[0]).endswith(HARMLESS)
        ) and event not in ("os.listdir", "os.scandir"):  # an import looks into folders, too
            self.event = self.event or event


def outcome(job, space, call, seconds):
    """What a call does, as [form, text]:

    ["is", "True"], ["==", "[1, 2]"], ["list", ...] for an iterator that ends, ["first", ...] for one that does not,
    ["changes", [argument's text before, after]], ["raises", "ValueError"], or ["no", why nothing can be held on to].
    """
    names = {job["name"]: space[job["name"]], "datetime": datetime}
    WATCH.event = None
    try:
        function = limited(seconds, lambda: _called(names, job, call))
    except Slow:
        return ["no", "it does not come back in time"]
    except (SystemExit, KeyboardInterrupt):
        return ["no", "it ends the program"]
    except Unwritable as error:
        return ["no", str(error)]
    except MemoryError:
        return ["no", "it takes too much memory"]
    except RecursionError:
        return ["no", "it recurses without an end"]
    except BaseException as error:
        return ["raises", type(error).__name__] if WATCH.event is None else ["no", "it touches the outside"]
    finally:
        WATCH.on = False
    return function if WATCH.event is None else ["no", "it touches the outside"]


def _called(names, job, call):
    node = job["parsed"][call]
    WATCH.on = True
    if node is None:  # arguments that are no plain values, such as a lambda
        value, changed = eval(job["code"][call], names), None
    else:
        positional, keywords = [eval(text, names) for text in node[0]], {k: eval(t, names) for k, t in node[1].items()}
        before = [written(one) if type(one) in (list, dict, set) else None for one in positional]
        value = names[job["name"]](*positional, **keywords)
        changed = None
        if value is None:
            after = [written(one) if text is not None else None for one, text in zip(positional, before, strict=True)]
            places = [at for at, text in enumerate(before) if text != after[at]]
            changed = [places[0], after[places[0]]] if len(places) == 1 else None
    if changed:
        form, text = "changes", changed
    elif value is None or value is True or value is False:
        form, text = "is", repr(value)
    elif is_iterator(value):
        values, whole = first_of(value)
        form, text = ("list" if whole else "first"), written(values)
    else:
        form, text = "==", written(value)
    if len(text if isinstance(text, str) else text[1]) > LONGEST:
        raise Unwritable("its value is too long to read")
    return [form, text]


def module_of(text, job):
    """The names of a program text, executed anew."""
    if text not in CODES:
        CODES[text] = compile(text, "function.py", "exec", dont_inherit=True)
    sys.modules["function"] = module = types.ModuleType("function")
    exec(CODES[text], vars(module))
    return vars(module)


CODES = {}


def parsed(call):
    """[texts of the positional arguments, {name: text}] if all are plain values; None otherwise."""
    import ast

    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call) or any(one.arg is None for one in node.keywords):
        return None
    for one in [*node.args, *(keyword.value for keyword in node.keywords)]:
        try:
            ast.literal_eval(one)
        except (ValueError, TypeError, SyntaxError):
            return None
    return [[ast.unparse(one) for one in node.args], {one.arg: ast.unparse(one.value) for one in node.keywords}]


# --- The job ----------------------------------------------------------------------------------------------------------


def observed(job):
    """What each call does on the function, the same in every run, or ["no", why]."""
    found = {}
    for run in range(job["repeats"]):
        random.seed(run)
        space = module_of(job["function"], job)
        # In another order, and twice in a row: what a function remembers shows.
        order = job["calls"] if run % 2 == 0 else [call for call in job["calls"][::-1] for _ in range(2)]
        for call in order:
            if call not in found:
                found[call] = outcome(job, space, call, CALL)
            elif found[call][0] != "no" and outcome(job, space, call, CALL) != found[call]:
                found[call] = ["no", AGAIN]
    return found


def killed(job, found):
    """For each mutant the numbers of the calls on which an assertion would be false."""
    rows = []
    for mutant in job["mutants"]:
        rows.append([])
        lost = 0
        try:
            random.seed(0)
            space = limited(1, lambda mutant=mutant: module_of(mutant, job))
        except BaseException:
            continue
        for number, call in enumerate(job["calls"]):
            form, text = found[call]
            if form == "no":
                continue
            other = outcome(job, space, call, MUTANT_CALL)
            if other[0] == "no":
                lost += other[1].startswith("it does not come back")
                if lost == LOST:
                    break
            elif form == "raises" or other[0] != "raises":  # a mutant that raises makes no assertion false
                if other != [form, text]:
                    rows[-1].append(number)
    return rows


def check(program):
    """Answer the job: the sandbox calls this after the program, which only holds the job."""
    if TIMERS:
        signal.signal(signal.SIGVTALRM, _stop)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    sys.stdin = io.StringIO()
    job = program.job
    try:
        space = limited(4, lambda: module_of(job["function"], job))
    except BaseException as error:
        submit({"trouble": f"its module cannot be imported: {type(error).__name__}: {str(error):.80}"})  # noqa: F821
        return
    if not callable(space.get(job["name"])):
        submit({"trouble": "its module does not define it"})  # noqa: F821
        return
    job["parsed"] = {call: parsed(call) for call in job["calls"]}
    job["code"] = {call: compile(call, "call.py", "eval") for call in job["calls"]}
    found = observed(job)
    submit({"outcomes": [found[call] for call in job["calls"]], "killed": killed(job, found)})  # noqa: F821


WATCH = Watch()
__builtins__ = dict(vars(builtins))
