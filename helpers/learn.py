"""The learner's copies: `learn/` gets every lesson without its solutions, and a learner's work is never overwritten.

A copy counts as the learner's once a cell or an output of it differs from what was made here; what was made is kept
as hashes in `learn/.made.json`. nbgrader strips the solutions, and is imported only when there is something to make.
"""

import ast
import hashlib
import json
from pathlib import Path

from helpers import course
from helpers.errors import CourseError
from helpers.files import locked, sha256, write_bytes, write_json

STUB = "...  # your code here"
# What decides how a copy is made, beside the lesson itself. Raise it to have every copy made anew.
RULES = "1"
FOR_TEACHERS = {"TEACHING.md"}


def update(folder=None):
    """Bring `learn/` up to date with `notebooks/`; return one sentence for each thing done (none: all was in place).

    folder: another folder to bring up to date in the same way.

    A missing copy is made. A copy nobody worked in is replaced when its lesson changed. Beside a copy with work in it,
    the new version appears as NN_name.new.ipynb. Safe to call twice at once, and to kill. Raises CourseError on a
    lesson whose solutions are not marked by nbgrader's rules.
    """
    learn = Path(folder or course.ROOT / "learn")
    with locked(learn / ".lock", waiting=f"Another call is making the copies in {learn.name}/. Waiting for it."):
        state = _read(learn / ".made.json")
        done = [sentence for source in _sources() for sentence in _bring(source, learn, state)]
        # Files first, hashes last: after a kill in between, the next call finds the files it would make, and goes on.
        if state != _read(learn / ".made.json"):
            write_json(learn / ".made.json", state)
    return done


def _sources():
    """Lessons, and the files they link to, in notebooks/; not what is for teachers alone."""
    folder = course.ROOT / "notebooks"
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in FOR_TEACHERS)
    return [p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts)]


def _bring(source, learn, state):
    name = source.relative_to(course.ROOT / "notebooks").as_posix()
    copy = learn / name
    known = state.setdefault(name, {"source": None, "made": []})
    changed = known["source"] != (current := f"{RULES} {sha256(source)}")
    if copy.exists() and not changed:
        return []
    content = learner_bytes(source)
    print_of_new = _fingerprint(content, name)
    ours = known["made"]
    same_as_last = ours[-1:] == [print_of_new]
    known["source"] = current
    known["made"] = ours if same_as_last else [*ours, print_of_new]
    if not copy.exists():
        write_bytes(copy, content)
        return [f"{'Made again' if ours else 'New'}: {learn.name}/{name}"]
    print_of_copy = _fingerprint(copy.read_bytes(), name)
    if same_as_last or print_of_copy == print_of_new:
        return []
    if print_of_copy in ours:
        write_bytes(copy, content)
        return [f"Updated: {learn.name}/{name}"]
    beside = _free_name(copy, print_of_new, ours)
    write_bytes(beside, content)
    shown = f"{learn.name}/{beside.relative_to(learn).as_posix()}"
    return [f"Changed: your work in {learn.name}/{name} stays as it is; the lesson's new version is beside it, {shown}"]


def _free_name(copy, print_of_new, ours):
    """NAME.new.ipynb; or the next number where the learner has worked in that one too."""
    number = 1
    while True:
        beside = copy.with_name(f"{copy.stem}.new{'' if number == 1 else number}{copy.suffix}")
        if not beside.exists() or _fingerprint(beside.read_bytes(), beside.name) in [*ours, print_of_new]:
            return beside
        number += 1


def _read(path):
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return {name: {"source": entry["source"], "made": list(entry["made"])} for name, entry in state.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # no record: every copy that differs from its lesson then counts as the learner's


def _fingerprint(content, name):
    """A hash of what a learner can write. Jupyter rewrites metadata and layout by merely opening a notebook."""
    if name.endswith(".ipynb"):
        try:
            cells = json.loads(content)["cells"]
            kept = [[c["cell_type"], "".join(c["source"]), c.get("outputs"), c.get("attachments")] for c in cells]
            content = json.dumps(kept, sort_keys=True).encode()
        except (ValueError, TypeError, KeyError):
            pass  # not a notebook any more: then its bytes count
    return hashlib.sha256(content).hexdigest()


def learner_bytes(source):
    """What the learner's copy of `source` holds: a lesson without solutions and outputs, another file as it is."""
    if source.suffix != ".ipynb":
        return source.read_bytes()
    import nbformat

    return (nbformat.writes(stripped(nbformat.read(source, as_version=4), source.name)) + "\n").encode()


def stripped(notebook, name="the notebook"):
    """A copy of `notebook` (an nbformat node) with each solution replaced by STUB, and without outputs.

    Raises CourseError, naming `name`, where a solution is not marked as nbgrader's rules ask.
    """
    import copy
    import logging

    from nbgrader.preprocessors import ClearOutput, ClearSolutions

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        _need_whole_region(cell, name)
    silent = logging.Logger("helpers.learn", level=logging.CRITICAL + 1)  # what it would log is in its exception too
    try:
        ClearSolutions(code_stub={"python": STUB}, log=silent).preprocess(notebook, {})
    except (RuntimeError, ValueError) as error:
        raise _malformed(name, error) from error
    ClearOutput(log=silent).preprocess(notebook, {})
    for cell in notebook.cells:
        if is_solution(cell):
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                raise _malformed(name, f"without its solution this is not Python:\n{cell.source}") from error
    notebook.metadata.pop("course", None)
    notebook.metadata.pop("widgets", None)
    return notebook


def is_solution(cell):
    """Whether `cell` is a code cell that the learner is to fill in."""
    return cell.cell_type == "code" and bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _need_whole_region(cell, name):
    """nbgrader accepts an end without a beginning, and empties a solution cell without marks. Here both are errors."""
    marks = [m for line in cell.source.splitlines() for m in ("BEGIN SOLUTION", "END SOLUTION") if f"### {m}" in line]
    paired = marks == ["BEGIN SOLUTION", "END SOLUTION"] * (len(marks) // 2)
    if not paired or (is_solution(cell) and not marks):
        raise _malformed(name, f"`### BEGIN SOLUTION` and `### END SOLUTION` do not pair up in the cell\n{cell.source}")


def _malformed(name, error):
    return CourseError(f"{name} has a malformed solution region, so no learner's copy is made of it: {error}")
