"""Runs inside the sandbox: the examples of docstrings, by the standard library's doctest.

`findings` sends this file's text there, and a job as the program: `docs`, a list of (name, docstring), and the dotted
name of the `module` whose names the examples use, or its `text`. The number of what runs next is written to the real
stdout, so that the parent learns what did not come back.
"""
# ruff: noqa: F821  the sandbox defines submit()

import doctest
import importlib
import json  # noqa: F401  submit() uses it: imported here, before a program can put a json.py of its own in the way
import os
import signal
import sys
import types

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
EXAMPLE, IMPORT, CLOCK = 3.0, 10.0, 4  # seconds of the processor for one example and the module; by the clock so often
LONGEST = 400  # characters of what an example gives
SAY, TIMER = os.write, getattr(signal, "setitimer", None)


def limit(seconds):
    """End the process after so much time: the parent starts another, without what ran."""
    if TIMER:
        TIMER(signal.ITIMER_PROF, seconds)
        TIMER(signal.ITIMER_REAL, CLOCK * seconds)


class Runner(doctest.DocTestRunner):
    """Keeps the examples that fail: [name, number, what came, the name of what was raised or "", whether the example
    raised it itself].
    """

    def __init__(self):
        super().__init__(verbose=False, optionflags=FLAGS)
        self.found = []

    def report_start(self, out, test, example):
        SAY(1, b"example %d %d\n" % (int(test.filename), test.examples.index(example)))
        limit(EXAMPLE)

    def report_success(self, out, test, example, got):
        pass

    def report_failure(self, out, test, example, got):
        raised, own = "", False
        if "Traceback (most recent call last)" in got:
            raised = got.strip().splitlines()[-1].partition(":")[0]
            own = [line for line in got.splitlines() if line.startswith("  File")][-1:]
            own = bool(own) and own[0].startswith('  File "<doctest')
        self.keep(test, example, got, raised.rpartition(".")[2], own)

    def report_unexpected_exception(self, out, test, example, exc_info):
        kind, _, trace = exc_info
        while trace.tb_next:
            trace = trace.tb_next
        self.keep(test, example, "", kind.__name__, trace.tb_frame.f_code.co_filename.startswith("<doctest"))

    def keep(self, test, example, got, raised, own):
        self.found.append([int(test.filename), test.examples.index(example), got[:LONGEST], raised, own])


def check(program):
    """Answer the job: the sandbox calls this after the program, which only holds the job."""
    job = program.job
    del sys.modules["program"]  # the name may be one of the code under test
    sys.path[:0] = job["readable"]
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    SAY(1, b"module\n")
    limit(IMPORT)
    if job["module"]:
        module = importlib.import_module(job["module"])
    else:
        module = sys.modules["function"] = types.ModuleType("function")
        exec(compile(job["text"], "function.py", "exec", dont_inherit=True), vars(module))
    runner = Runner()
    for number, (name, text) in enumerate(job["docs"]):
        test = doctest.DocTestParser().get_doctest(text, vars(module), name, str(number), 0)
        del test.examples[job["skip"].get(number, len(test.examples)) :]
        runner.run(test, out=lambda text: None)
    limit(0)
    SAY(1, b"end\n")
    submit({"found": runner.found})
