"""Judges one notebook, in a process of its own: `python -m helpers.grading.worker`, a job on stdin, rows on stdout.

It has limits, because a notebook can be hostile without a line of Python: deep JSON, or results that fill the memory.
"""

import ast
import json
import re
import sys

from helpers import sandbox
from helpers.grading import recording

MEMORY_MB, TORCH_MEMORY_MB = 2000, 8000  # address space: PyTorch's CUDA build maps gigabytes that it never uses
RESULT_BYTES = 5_000_000
LONGEST = 600  # characters of a message
HINT = " Grading runs the set-up cells and the exercise's own cell only: what the answer needs belongs into that cell."

# Runs first in the student's process; `told` is set above it. `check` is called when the student's code has run.
HARNESS = """
from helpers.grading import recording

def check(program):
    submit((recording.judge_here if told["here"] else recording.record)(program, told["answer"], told["check"]))
"""
# Set-up cells may take long to import; what follows may not take long to run.
CLOCK = """
def _clock():
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + {seconds}
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))
    except (OSError, ValueError):
        pass

_clock()
del _clock
"""


def main():
    """Read the job, judge its notebook, write the rows. A row: exercise, points, of, status, message."""
    job = json.loads(sys.stdin.buffer.read())
    _limit()
    content = job.pop("notebook").encode("latin-1")
    json.dump(judge(content, **job), sys.stdout)


def _limit():
    """Limits for this process, which its children inherit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in (("RLIMIT_AS", TORCH_MEMORY_MB * 1_000_000), ("RLIMIT_CORE", 0)):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (OSError, ValueError):
            continue


def judge(content, exercises, **settings):
    """The rows of one notebook, given as bytes. settings: see `_judge`."""
    try:
        cells, problem = _solutions(json.loads(content)), None
    except RecursionError:
        cells, problem = {}, "The notebook cannot be read: it is nested too deep."
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        cells, problem = {}, f"The notebook is damaged and cannot be read ({type(error).__name__}: {error})."
    rows = []
    for exercise in exercises:
        if problem:
            status, message = "unreadable", f"{problem} Open it in JupyterLab, save it, and hand it in again."
        else:
            status, message = _judge(cells.get(exercise["name"]), exercise, **settings)
        points = exercise["points"] if status == "passed" else 0
        row = {"exercise": exercise["name"], "points": points, "of": exercise["points"], "status": status}
        rows.append(row | {"message": plain(message)})
    return rows


def _solutions(notebook):
    """grade_id → source of the solution cells. Cells with the same name are joined, as Run All would run them."""
    found = {}
    for cell in notebook["cells"]:
        marks = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code" and marks.get("grade_id") and marks.get("solution", True):
            source = cell["source"]
            source = source if isinstance(source, str) else "".join(source)
            found.setdefault(str(marks["grade_id"]), []).append(source)
    return {name: "\n".join(sources) for name, sources in found.items()}


def _judge(source, exercise, readable, seconds, cpu_seconds):
    """(status, message) of one exercise, whose solution cell holds `source` (None: it is not there).

    readable: the folder with a copy of `helpers`. seconds: of the clock, Python's start and imports included.
    cpu_seconds: of processor time, after the set-up cells.
    """
    if source is None:
        return "missing", (
            f"The cell of this exercise ({exercise['name']}) is not in the notebook: it was deleted, or its metadata "
            "was lost. Paste the answer into a fresh copy of the lesson, and hand that in."
        )
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f", line {error.lineno} of the cell" if getattr(error, "lineno", None) else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        return "error", f"The cell is not valid Python: {type(error).__name__}: {reason}{at}."
    setup = "\n".join(exercise["setup"])
    program = f"{setup}\n{CLOCK.format(seconds=cpu_seconds)}\n{source}\n"
    told = {name: exercise[name] for name in ("answer", "check", "here")}
    limits = sandbox.Limits(
        seconds=seconds,
        memory_mb=TORCH_MEMORY_MB if "torch" in setup else MEMORY_MB,
        output_bytes=RESULT_BYTES,
    )
    outcome = sandbox.run(program, limits=limits, harness=f"told = {told!r}\n{HARNESS}", readable=[readable])
    if outcome.status != "ok" or not isinstance(outcome.result, dict):
        return _failed(outcome, seconds, cpu_seconds)
    try:
        if exercise["here"]:
            said = outcome.result["verdict"]
        else:
            said = recording.replay(outcome.result, exercise["check"])
    except (KeyboardInterrupt, Exception) as error:  # what was handed back is the student's, and may be anything
        return "error", f"What the code gives cannot be judged ({type(error).__name__})."
    if said is None:
        return "passed", "Judged in the submission's own process." if exercise["here"] else ""
    hint = HINT if "raised NameError" in str(said) else ""
    return ("todo" if str(said).startswith("Still to do") else "wrong"), f"{said}{hint}"


def _failed(outcome, seconds, cpu_seconds):
    """(status, message) where the student's process did not come to its end."""
    if outcome.status == "timeout":
        return "timeout", (
            f"The code did not end within {cpu_seconds} seconds of processor time, or {seconds} of the clock. Is there "
            "a loop that never ends?"
        )
    if outcome.status == "memory":
        return "memory", "The code needs more memory than grading allows."
    if outcome.status == "output":
        return "output", "The code prints or writes more than grading allows."
    if outcome.status == "killed":
        return "killed", "The system ended the code's process: it crashed, or did what grading does not allow."
    last = (outcome.stderr.strip().splitlines() or [""])[-1]
    if not re.match(r"[\w.]+(Error|Exception|Interrupt|Exit|Warning)?(:|$)", last):
        last = "it ended its Python process"
    return "error", f"The code does not run: {last}.{HINT if last.startswith('NameError') else ''}"


def plain(text):
    """`text` on one line, without addresses in memory, which differ each time, or control characters; not too long."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", str(text))
    text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


if __name__ == "__main__":
    main()
