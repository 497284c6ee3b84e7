"""Runs inside the sandbox: calls a function many times, and says for each call what an assertion could hold on to.

`observe` sends this file's text there, after those of watching.py and literals.py, and a job as the program: a dict
whose `question` names one of `values`, `assertions` and `ends` below. They import nothing of ours, and few modules:
every function pays for these imports. The number of what runs next is written to the real stdout, so that the parent
learns what ended the process.
"""
# ruff: noqa: F821  what is not defined here is in watching.py and literals.py; the sandbox defines submit()

import json  # noqa: F401  submit() uses it: imported here, before a program can put a json.py of its own in the way
import opcode
import os
import random
import time

IMPORT = 4.0  # seconds of the processor for the module
ALL = 10.0  # the same for a whole job, more or less
MUTANT_CALL = 0.05  # the same for a call on a mutant
PROFILED = 2.5  # the same for a call that is profiled, where the job is thorough: it may take 30 times as long
ALONE = 3.0, 20.0  # seconds of the processor and by the clock for a call that is alone in its process
LOST, MUTANT_LOST = 8, 2  # calls that take too long before the rest is given up
AGAIN, OTHER = "it gives another result when it is called again", "it gives another result in another process"
LATE, UNWATCHED = "its calls take too long together", "it could not be watched in time"
SAY, RAN, SEED = os.write, time.process_time, random.seed
STANDARD, RAISE = os.path.dirname(os.__file__) + os.sep, opcode.opmap["RAISE_VARARGS"]
CODES = {}  # text → compiled
KNOWN = {"datetime": datetime}  # what arguments may use, besides Python's own names
ENDS = (
    (SystemExit, "it ends the program"), (KeyboardInterrupt, "it ends the program"),
    (MemoryError, "it takes too much memory"), (RecursionError, "it recurses without an end"),
)  # fmt: skip


class Trouble(Exception):
    """Nothing can be said about the function. Its text says why."""


class Stdin:
    """In the place of standard input, which pytest takes away."""

    def __getattr__(self, name):
        WATCH.why = TOUCHES
        raise Outside


# --- One call ---------------------------------------------------------------------------------------------------------


class Call:
    """A call on the names of a module. stage: how far it came."""

    def __init__(self, job, names, number):
        self.names, self.name, self.raising, self.stage = names, job["name"], job["raising"], "arguments"
        self.thorough = job["thorough"]
        self.positional, self.named = job["calls"][number]

    def run(self):
        """What it does, as [form, text]: see `observe.Observed`."""
        function = self.names[self.name]
        space = {"__builtins__": dict(__builtins__), **KNOWN, self.name: function}
        if self.thorough:
            space = {**{name: one for name, one in self.names.items() if isinstance(one, type)}, **space}
        positional = [eval(text, space) for text in self.positional]
        named = {name: eval(text, space) for name, text in self.named}
        before = [changeable(one) for one in positional]
        self.stage = "call"
        value = function(*positional, **named)
        self.stage = "value"
        kind = type(value)
        if hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
            self.stage = "iteration"
            values, whole = first_of(value)
            self.stage = "value"
            return ["list" if whole else "first", written(values)]
        if value is None:
            after = [changeable(one) for one in positional]
            changes = [[at, text] for at, text in enumerate(after) if text != before[at]]
            if changes and all(text for _, text in changes) and (len(changes) == 1 or self.thorough):
                return ["changes", changes[0] if len(changes) == 1 else changes]
        try:
            return ["is" if value is None or kind is bool else "==", written(value)]
        except Foreign:
            found = of_object(value, self.names) if self.thorough else None
            if found is None:
                raise
            return found

    def failed(self, error):
        """The same for what `run` raised."""
        kind = type(error)
        if kind in (Unwritable, Foreign):
            return ["no", str(error)]
        for known, why in ENDS:
            if issubclass(kind, known):
                return ["no", why]
        name = NAME_OF(kind)
        if self.stage == "arguments" or self.stage == "value":
            return ["no", f"its {self.stage} cannot be written down: {name}"]
        if name not in self.raising and not (self.thorough and deliberate(error)):
            return ["no", f"it raises {name}, which it does not do on purpose"]
        # A test can import what the module calls by this name, unless it is private, or hides one of Python's own.
        public = self.thorough and not name.startswith("_") and self.names.get(name) is kind
        if __builtins__.get(name, kind if public else None) is not kind:
            return ["no", f"it raises {name}, which only its module knows"]
        return ["raises" if self.stage == "call" else "list raises", name]


def deliberate(error):
    """Whether a `raise` raised it, in code that is not Python's own; an `assert` does not count."""
    trace = error.__traceback__
    if trace is None or isinstance(error, AssertionError):
        return False
    while trace.tb_next:
        trace = trace.tb_next
    code, place = trace.tb_frame.f_code, trace.tb_lasti
    standard = code.co_filename.startswith((STANDARD, "<frozen")) and "site-packages" not in code.co_filename
    return not standard and 0 <= place < len(code.co_code) and code.co_code[place] == RAISE


def outcome(job, names, number, **limits):
    """What a call does on the names of a module, as [form, text]."""
    call = Call(job, names, number)
    try:
        found = watched(call.run, **limits)
    except BaseException as error:
        found = call.failed(error)
    return ["no", WATCH.why] if WATCH.why else found


def verdict(job, names, number, **limits):
    """Whether an assertion is true on the names of a module; None if it comes to no verdict: see metrics/harness.py."""
    text, raises = job["lines"][number]
    try:
        watched(lambda: exec(compiled(text), {**names, **job["imported"]}), **limits)
        held = True
    except BaseException as error:
        held = False if raises or issubclass(type(error), AssertionError) else None
    return None if WATCH.why else held


# --- The module -------------------------------------------------------------------------------------------------------


def compiled(text):
    if text not in CODES:
        CODES[text] = compile(text, "function.py", "exec", dont_inherit=True)
    return CODES[text]


def module_of(text):
    """The names of a program text, executed anew."""
    code = compiled(text)
    sys.modules["function"] = module = types.ModuleType("function")
    vars(module)["__builtins__"] = dict(__builtins__)
    exec(code, vars(module))
    return vars(module)


def loaded(job):
    """The names of the function's module, executed anew; Trouble if that fails."""
    try:
        names = watched(lambda: module_of(job["function"]), IMPORT, 5 * CLOCK, on=False)
    except BaseException as error:
        why = WATCH.why or f"{NAME_OF(type(error))}: {str(error):.80}"
        raise Trouble(f"its module cannot be imported: {why}") from None
    if not callable(names.get(job["name"])):
        raise Trouble("its module does not define it")
    return names


# --- The questions ----------------------------------------------------------------------------------------------------


def values(job):
    """What each call does, the same in every run, or ["no", why]."""
    found, slow = {number: ["no", why] for number, why in job["skip"]["call"].items()}, 0
    for run in range(job["repeats"]):
        if run > 2 and RAN() > ALL / 2:
            break
        SEED(run)
        names, order = loaded(job), list(range(len(job["calls"])))
        if run == 1:
            order = [number for number in order[::-1] for _ in range(2)]  # what a function remembers shows
        if run > 2:
            random.Random(run).shuffle(order)
        for number in order:
            if found.get(number, "?")[0] == "no":
                continue
            if run == 2:
                names = loaded(job)  # each call as the first
            SAY(1, b"call %d\n" % number)
            tired = LATE if RAN() > ALL else SLOW if slow >= LOST and number not in found else None
            now = ["no", tired] if tired else outcome(job, names, number)
            slow += now == ["no", SLOW]
            if found.setdefault(number, now) != now:
                found[number] = now if now[0] == "no" else ["no", AGAIN]
    return {"outcomes": [found[number] for number in range(len(job["calls"]))]}


def assertions(job):
    """Why each assertion does not hold on the function, or "", and on which mutants it is false."""
    job["imported"] = {}
    for line in job["imports"]:
        if line == "import pytest":
            job["imported"]["pytest"] = pytest
        else:
            exec(line, {}, job["imported"])
    why, spent = dict(job["skip"]["call"]), {}
    todo = [number for number, lines in enumerate(job["lines"]) if number not in why]
    random.Random(0).shuffle(todo)
    _assert(job, todo, why, OTHER, lambda names: names, spent, seconds=2 * CALL)
    zone("AAA-22:30")  # where it is another hour, and mostly another day
    limits = {"seconds": PROFILED, "clock": 4 * PROFILED} if job["thorough"] else {"seconds": 4 * CALL}
    _assert(job, todo, why, TOUCHES, lambda names: loaded(job), {}, profile=True, **limits)
    zone("UTC")
    todo = [number for number in todo if number not in why]
    return {
        "why": [why.get(number, "") for number in range(len(job["lines"]))],
        "killed": [killed(job, mutant, todo, spent) for mutant in range(len(job["mutants"]))],
    }


def ends(job):
    """Whether call 0 comes back in the time of ALONE, with nothing else in its process."""
    skipped = job["skip"]["call"].get(0)
    if skipped is None:
        names = loaded(job)
        SAY(1, b"call 0\n")
        outcome(job, names, 0, seconds=ALONE[0], clock=ALONE[1])
    return {"ends": (skipped or WATCH.why) != SLOW}


def _assert(job, todo, why, otherwise, load, spent, profile=False, **limits):
    """Note in `why` which assertions do not hold, and in `spent` how long each took.

    load: gives the names for the next, from those of the last.
    """
    SEED(0)
    names = loaded(job)
    for number in todo:
        SAY(1, b"call %d\n" % number)
        if RAN() > ALL:
            why.setdefault(number, LATE)
        elif number not in why:
            names, started = load(names), RAN()
            if not verdict(job, names, number, profile=profile, **limits):
                why[number] = UNWATCHED if profile and WATCH.why == SLOW else WATCH.why or otherwise
            spent[number] = RAN() - started


def zone(name):
    os.environ["TZ"] = name
    if hasattr(time, "tzset"):
        time.tzset()


def killed(job, mutant, todo, spent):
    """The numbers of the assertions that are false on a mutant. Where the job is thorough, one that raises anything
    else or does not end counts, too: pytest would fail.
    """
    found, lost = [], 0
    if mutant in job["skip"]["mutant"] or RAN() > ALL:
        return found
    SAY(1, b"mutant %d\n" % mutant)
    SEED(0)
    try:
        names = watched(lambda: module_of(job["mutants"][mutant]), 1.0, on=False)
    except BaseException:
        return found
    for number in todo:
        held = verdict(job, names, number, seconds=MUTANT_CALL + 2 * spent[number] * job["thorough"])
        lost += WATCH.why == SLOW
        if held is False or (job["thorough"] and held is None and WATCH.why in (None, SLOW)):
            found.append(number)
        if lost == MUTANT_LOST:
            break
    return found


def check(program):
    """Answer the job: the sandbox calls this after the program, which only holds the job."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    sys.stdin = Stdin()
    job = program.job
    if job["thorough"]:
        THOROUGH.append(True)
        WATCH.lenient = True
    if "Decimal(" in repr(job.get("calls")):  # its import takes longer than most calls
        from decimal import Decimal

        KNOWN["Decimal"] = Decimal
    try:
        answer = {"values": values, "assertions": assertions, "ends": ends}[job["question"]](job)
    except Trouble as error:
        answer = {"trouble": str(error)}
    submit(answer)
