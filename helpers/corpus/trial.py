"""What runs inside the sandbox when human tests are verified: sent there as a text, so it imports nothing of ours.

`check` gets a list of items, each a function that runs alone with its tests, and hands back what happened.
"""

import inspect
import itertools
import signal

POOL = [3, "abc", [3, 1, 2], 2.5, {"a": 1, "b": 2}, [[1, 2], [3, 4]], True, (1, 2), [], None]
TRIES, PATIENCE = 60, 3  # calls with simple arguments; how many of them may run into the time limit


def limited(seconds, action):
    """`action()`, or TimeoutError after that much of the process's own time, where the system has such timers."""

    def stop(*_):
        raise TimeoutError

    if not hasattr(signal, "setitimer"):
        return action()
    signal.signal(signal.SIGVTALRM, stop)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    signal.setitimer(signal.ITIMER_PROF, seconds + 2)  # no exception reaches an endless loop in C: ends the process
    try:
        return action()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def execute(text):
    space = {"__name__": "alone"}
    exec(text, space)
    return space


def passes(space, test, seconds):
    """Whether every test function of `test` runs without an exception in (a copy of) `space`."""

    def action():
        own = dict(space)
        before = set(own)
        exec(test, own)
        found = [own[name] for name in own if name.startswith("test") and name not in before]
        for function in found:
            function()
        return bool(found)

    try:
        return limited(seconds, action)
    except BaseException:
        return False


def probe(space, name):
    """A call of the function with simple arguments that returns, as text, or None."""
    function = space[name]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.default is one.empty and one.kind in plain]
    if any(one.default is one.empty and one.kind is one.KEYWORD_ONLY for one in parameters):
        return None
    same, late = [(value,) * len(needed) for value in POOL], 0
    for arguments in itertools.islice(itertools.chain(same, itertools.product(POOL, repeat=len(needed))), TRIES):
        text = ", ".join(map(repr, arguments))
        try:
            limited(0.05, lambda text=text: used(function(*eval(f"[{text}]"))))
        except TimeoutError:
            late += 1
            if late == PATIENCE:
                return None
            continue
        except BaseException:
            continue
        return f"{name}({text})"
    return None


def used(value):
    """Take what a generator gives, so that its body runs."""
    if inspect.isgenerator(value):
        for _ in itertools.islice(value, 100):
            pass


def trial(item):
    """What became of one function: {"call": text or None, "tests": [whether it tells right from wrong, ...]}."""
    try:
        space = limited(1, lambda: execute(item["module"]))
    except BaseException:
        return None
    wrong = dict(space, **{item["name"]: lambda *_, **__: object()})
    tests = [passes(space, test, 1) and not passes(wrong, test, 1) and kills(item, test) for test in item["tests"]]
    return {"call": probe(space, item["name"]), "tests": tests}


def kills(item, test):
    """Whether the test fails on one of the mutants at least, if there are any. One that hangs counts as caught."""
    return not item["mutants"] or any(not survives(mutant, test) for mutant in item["mutants"])


def survives(mutant, test):
    try:
        space = limited(0.1, lambda: execute(mutant))
    except BaseException:
        return False
    return passes(space, test, 0.1)


def check(program):
    """Called by the sandbox, which also gives a harness `submit`."""
    submit([trial(item) for item in program.items])  # noqa: F821
