"""Which functions run alone in fact, and which human tests tell a right function from a wrong one: by execution.

Everything runs in the sandbox, a dozen functions to a process: they come from pinned, hash-checked packages, so one
process for each would buy safety that is not needed and cost minutes. What brings a process down is run again alone.
"""

from pathlib import Path

from helpers import metrics, sandbox

BATCH = 12
MUTANTS = 6  # for a function: enough to show whether a test checks anything
_HARNESS = Path(__file__).with_name("trial.py")


def verify(functions, label=None):
    """Run each of `functions` and its tests. Changes the dicts in place and returns them.

    functions: dicts with name, module, source and tests (a list of dicts with `source`). Sets `call`: a call of the
    function with simple arguments that returns, or None; `runs`: whether that, or a test, ran; and keeps the tests that
    pass on the function, fail where it returns a bare object(), and fail on one mutant at least, if there are any.
    label: what the progress bar says; None for no bar.
    """
    items = [_item(function) for function in functions]
    results = _run(_batches(items, BATCH), seconds=60, label=label)
    # A batch without a result fell with one of its members: each of them gets a process of its own.
    fallen = [at for at, result in enumerate(results) if result is None]
    for at, result in zip(fallen, _run(_batches([items[at] for at in fallen], 1), seconds=10), strict=True):
        results[at] = result
    for function, result in zip(functions, results, strict=True):
        result = result if isinstance(result, dict) else {"call": None, "tests": []}
        function["tests"] = [test for test, good in zip(function["tests"], result["tests"], strict=False) if good]
        function["call"] = result["call"]
        function["runs"] = bool(function["tests"]) or result["call"] is not None
    return functions


def _batches(items, size):
    return [items[at : at + size] for at in range(0, len(items), size)]


def _item(function):
    prefix = function["module"].removesuffix(function["code"] + "\n")
    mutants = metrics.mutants(function["code"]) if function["tests"] else []
    step = max(1, len(mutants) // MUTANTS)
    return {
        "name": function["name"],
        "module": function["module"],
        "tests": [test["source"] for test in function["tests"]],
        "mutants": [prefix + mutant for mutant in mutants[::step][:MUTANTS]],
    }


def _run(batches, seconds, label=None):
    """The result of each item of each batch; None for all of a batch whose process did not come to its end."""
    limits = sandbox.Limits(seconds=seconds, memory_mb=1024, output_bytes=2_000_000)
    harness = _HARNESS.read_text(encoding="utf-8")
    programs = [f"items = {batch!r}\n" for batch in batches]
    outcomes = sandbox.run_many(programs, limits=limits, harness=harness, label=label)
    results = []
    for batch, outcome in zip(batches, outcomes, strict=True):
        whole = outcome.status == "ok" and isinstance(outcome.result, list) and len(outcome.result) == len(batch)
        results += outcome.result if whole else [None] * len(batch)
    return results
