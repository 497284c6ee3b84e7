"""Runs inside the sandbox: a whole test file on the real module, with the real pytest, as a person would run it.

`testfile` sends this file's text there, and a job as the program: the `module` (dotted), the `names` that the tests
import from it, the `text` of the file, and its `tests` (names); with `elsewhen`, on another day and for another user.
Or `files`, a list of such jobs, which run in one process, as pytest runs them. What runs next is written to the real
stdout, so that the parent learns what did not come back.
"""
# ruff: noqa: F821  the sandbox defines submit()

import builtins
import importlib
import json  # noqa: F401  submit() uses it: imported here, before a program can put a json.py of its own in the way
import os
import signal
import socket
import sys
import time
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


def elsewhen():
    """Let it be another day, on another machine, for another user."""
    real, nanoseconds, ahead = time.time, time.time_ns, 431 * 24 * 3600 + 5 * 3600
    time.time = lambda: real() + ahead
    time.time_ns = lambda: nanoseconds() + ahead * 10**9
    for name in ("gmtime", "localtime", "ctime"):
        at = getattr(time, name)
        setattr(time, name, lambda seconds=None, at=at: at(time.time() if seconds is None else seconds))
    strftime = time.strftime
    time.strftime = lambda form, *when: strftime(form, *(when or (time.localtime(),)))
    socket.gethostname = lambda: "elsewhere"
    os.environ |= dict.fromkeys(("USER", "LOGNAME", "USERNAME"), "someone") | {"HOME": "/home/someone"}


def together(files):
    """{"failed": {number of a file: {test: why}}}: all files in one process, then once more the other way round."""
    spaces, failed = {}, {}
    for order in (1, -1):
        for number in list(range(len(files)))[::order]:
            file = files[number]
            begin("module", IMPORT)
            try:
                if number not in spaces:
                    spaces[number] = vars(types.ModuleType("test_file"))
                    exec(compile(file["text"], "test_file.py", "exec", dont_inherit=True), spaces[number])
            except BaseException as error:
                failed[str(number)] = dict.fromkeys(file["tests"], said(error))
                continue
            for name in file["tests"][::order]:
                begin(f"file {number}", TEST)
                try:
                    spaces[number][name]()
                except BaseException as error:
                    failed.setdefault(str(number), {})[name] = said(error)
    return {"failed": failed}


def answer(job):
    """{"module": why it cannot be imported}, {"missing": names that it lacks}, {"file": why it cannot be run}, or
    {"failed": {test: why}}.
    """
    if job.get("elsewhen"):
        elsewhen()
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
    try:
        exec(compile(job["text"], "test_file.py", "exec", dont_inherit=True), space)
    except BaseException as error:
        return {"file": said(error)}
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
    found = together(job["files"]) if "files" in job else answer(job)
    begin("end", 0)
    submit(found)
