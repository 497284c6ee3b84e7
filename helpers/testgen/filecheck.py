"""Runs inside the sandbox: a whole test file on the real module, with the real pytest, as a person would run it.

`testfile` sends this file's text there, and a job as the program: the `module` (dotted), the `names` that the tests
import from it, the `text` of the file, and its `tests` (names). What runs next is written to the real stdout, so that
the parent learns what did not come back.
"""
# ruff: noqa: F821  the sandbox defines submit()

import builtins
import importlib
import json  # noqa: F401  submit() uses it: imported here, before a program can put a json.py of its own in the way
import os
import signal
import sys
import types

IMPORT, TEST, CLOCK = 5.0, 5.0, 4  # seconds of the processor for the module and for one test; by the clock so often
SAY, TIMER = os.write, getattr(signal, "setitimer", None)


def begin(what, seconds):
    """Say what runs next, and end the process if that takes too long."""
    SAY(1, f"{what}\n".encode())
    if TIMER:
        TIMER(signal.ITIMER_PROF, seconds)
        TIMER(signal.ITIMER_REAL, CLOCK * seconds)


def said(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' * bool(text)}{text:.80}"


def answer(job):
    """{"module": why it cannot be imported}, {"missing": names that it lacks}, or {"failed": {test: why}}."""
    begin("module", IMPORT)
    try:
        module = importlib.import_module(job["module"])
    except BaseException as error:
        return {"module": said(error)}
    missing = [name for name in job["names"] if not hasattr(module, name)]
    if missing:
        return {"missing": missing}
    space, failed, known = vars(types.ModuleType("test_file")), {}, vars(builtins)
    before = dict(known)
    exec(compile(job["text"], "test_file.py", "exec", dont_inherit=True), space)
    for number, name in enumerate(job["tests"]):
        begin(f"test {number}", TEST)
        try:
            space[name]()
        except BaseException as error:
            failed[name] = said(error)
        if known != before:  # pytest would break, or the tests after it
            known.clear()
            known.update(before)
            failed[name] = "it changes Python's builtins"
    return {"failed": failed}


def check(program):
    """Answer the job: the sandbox calls this after the program, which only holds the job."""
    job = program.job
    del sys.modules["program"]  # the name may be one of the code under test
    sys.path[:0] = job["readable"]
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    found = answer(job)
    begin("end", 0)
    submit(found)
