"""A check asked twice: in the student's process, to record the answers, and in ours, to judge them.

`record` runs where the student's code is, and nothing it says is believed but what the function answered. `replay`
runs the same check in a process without student code; its verdict counts. Random generators start from the same seed
in both, so that the check asks the same questions.
"""

import builtins
import contextlib
import functools
import os
import random
import sys
import time

from helpers.grading.values import decode, encode

SLOW, SLOW_AGAIN = 0.05, 0.2  # seconds of processor time
_CHANGEABLE = (list, dict, set)


def seed():
    """Start all random generators that are loaded from the same place."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def record(program, answer, check):
    """What the function `answer` of the module `program` gives when the check of that name asks it, as JSON.

    A value that is no function is handed over as it is. "said" is the check's verdict here, which does not count.
    """
    from helpers import checks

    given = getattr(program, answer, None)
    if not callable(given):
        return {"value": encode(given)}
    recorder = Recorder(given)
    seed()
    said = verdict(getattr(checks, check), recorder)
    return {"calls": recorder.calls, "said": said}


def judge_here(program, answer, check):
    """{"verdict": ...} of a check in the student's own process, for answers that cannot be handed over: classes."""
    from helpers import checks

    verdicts = []
    # After the student's code ran, the check must still refuse two answers that are certainly wrong.
    for given in (getattr(program, answer, None), None, lambda *args, **kwargs: None):
        seed()
        verdicts.append(verdict(getattr(checks, check), given))
    if None in verdicts[1:]:
        return {"verdict": "the check no longer refuses wrong answers after this code ran"}
    return {"verdict": verdicts[0]}


def replay(recorded, check):
    """The verdict on what `record` returned: None if the check passes, else its message."""
    from helpers import checks

    if "value" in recorded:
        return verdict(getattr(checks, check), decode(recorded["value"]))
    replayer = Replayer(recorded["calls"])
    seed()
    judged = verdict(getattr(checks, check), replayer)
    # Some mistakes show only where the function runs, such as a use of hash(): the check there asked no further.
    return recorded["said"] or judged if judged and replayer.short else judged


def verdict(check, given):
    """None if `check` passes `given`, else what it says."""
    from helpers.checks import CheckFailed

    os.environ["COURSE_GRADING"] = "1"
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            check(given)
    except CheckFailed as failed:
        return str(failed)
    return None


class Recorder:
    """Calls `function`, and notes for each call what it gave or raised, and what it did to its arguments."""

    def __init__(self, function):
        self.calls = []
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *args, **kwargs):
        note, everything = {"asked": []}, [*args, *kwargs.values()]
        before = [encode(value, whole=False) for value in everything]
        args = [self._listen(value, place, note) for place, value in enumerate(args)]
        started = time.process_time()
        try:
            given = self.function(*args, **kwargs)
            same = [place for place, value in enumerate(everything) if value is given]
            if same and isinstance(given, _CHANGEABLE):
                note["same"] = same[0]
            else:
                note["gave"] = encode(given)
            # An iterator has been read to its end by now: the check gets another.
            return decode(note["gave"]) if hasattr(given, "__next__") else given
        except (Exception, KeyboardInterrupt) as error:
            note["raised"] = [type(error).__name__, _base(error), str(error)]
            raise
        finally:
            note["slow"] = time.process_time() - started > SLOW
            after = [encode(value, whole=False) for value in everything]
            note["changed"] = [[place, new] for place, new in enumerate(after) if new != before[place]]
            self.calls.append(note)

    def _listen(self, value, place, note):
        """A function among the arguments, wrapped: the check may look at how it was called."""
        if not callable(value) or type(value).__module__ == "torch":
            return value

        @functools.wraps(value, updated=())
        def asked(*args, **kwargs):
            note["asked"].append([place, encode(args, whole=False), encode(kwargs, whole=False)])
            return value(*args, **kwargs)

        return asked


class Replayer:
    """Gives what was recorded, call by call, with what each call did to its arguments."""

    def __init__(self, calls):
        self.calls = iter(calls)
        self.short = False  # whether the check asked more than was recorded

    def __call__(self, *args, **kwargs):
        note = next(self.calls, None)
        if note is None:
            self.short = True
            raise RuntimeError("the code ended before it had answered all of the check's questions")
        everything = [*args, *kwargs.values()]
        for place, given, named in note["asked"]:
            try:
                args[place](*decode(given), **decode(named))
            except Exception as error:
                # The check's own complaint about how it was called, if the student's code let it through.
                if note.get("raised", [""])[0] == type(error).__name__ == "Wrong":
                    raise
        for place, new in note["changed"]:
            _change(everything[place], decode(new))
        if note["slow"]:
            _spend(SLOW_AGAIN)
        if "raised" in note:
            raise _exception(*note["raised"])
        return everything[note["same"]] if "same" in note else decode(note["gave"])


def _change(value, new):
    """Make `value` equal to `new` in place, as the student's function did."""
    if isinstance(value, list):
        value[:] = new
    elif isinstance(value, dict):
        value.clear()
        value.update(new)
    elif isinstance(value, set):
        value.clear()
        value |= new
    elif "numpy" in sys.modules and isinstance(value, sys.modules["numpy"].ndarray):
        value[...] = new
    elif "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
        value.data = new.data


def _spend(seconds):
    """Use up processor time: some checks measure it, and a slow answer must not look quick when it is replayed."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def _base(error):
    """The name of the built-in exception that `error` is, or descends from."""
    return next(kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind)


def _exception(name, base, text):
    """An exception that looks like the recorded one: its name, its message, and its built-in kind."""
    if name == "KeyboardInterrupt":
        return KeyboardInterrupt(text)
    kind = getattr(builtins, str(base), None)
    kind = kind if isinstance(kind, type) and issubclass(kind, Exception) else Exception
    text = str(text)
    error_type = type(str(name)[:80], (kind,), {"__str__": lambda self: text})
    return error_type.__new__(error_type)
