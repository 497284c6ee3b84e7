"""Runs inside the sandbox: says where the functions begin that a module has once it is imported.

`definitions` sends this file's text there, and a job as the program: the `module` (dotted) and the `names`.
"""
# ruff: noqa: F821  the sandbox defines submit()

import importlib
import inspect
import json  # noqa: F401  submit() uses it: imported here, before a program can put a json.py of its own in the way
import os
import sys


def line(function, module):
    """The first line of a function that the module's own file defines; 0 for anything else."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code.co_firstlineno if code and code.co_filename == module.__file__ else 0


def check(program):
    """Answer the job: the sandbox calls this after the program, which only holds the job."""
    job = program.job
    del sys.modules["program"]  # the name may be one of the code under test
    sys.path[:0] = job["readable"]
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")
    module = importlib.import_module(job["module"])
    submit({name: line(getattr(module, name), module) for name in job["names"] if hasattr(module, name)})
