"""Runs lessons without a browser: each in its own kernel, from top to bottom, on a copy.

`run` shows a lesson's closing table, and saves its outputs where asked; `results` pools full-budget runs over seeds
into data/results/. A table is read from what `course.record` wrote, never from the notebook's text.
"""

import copy
import json
import os
import re
import sys
import tempfile
import time

from helpers import course
from helpers.errors import CourseError
from helpers.files import write_json, write_text
from helpers.progress import Bar
from helpers.saving import WIDGET_VIEW, code_hash, need_savable, save_outputs
from helpers.tables import pool, table

SEEDS = (0, 1, 2)
CELL_HOURS = {"smoke": 0.5, "lesson": 2, "full": 12}


def lessons():
    """The lessons' numbers as text, sorted: ['00', '01']."""
    return sorted(path.name[:2] for path in (course.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def notebook(number):
    """The path of lesson `number` ('00' or '0'). Raises CourseError, naming the lessons there are."""
    digits = str(number).zfill(2)
    found = sorted((course.ROOT / "notebooks").glob(f"{digits}_*.ipynb"))
    if not digits.isdecimal() or not found:
        there = f"The lessons are {', '.join(lessons())}." if lessons() else "The folder notebooks/ holds none."
        raise CourseError(f"There is no lesson {number}. {there}")
    return found[0]


def run(numbers, save=False):
    """Execute lessons one after the other; print each closing table. Returns 0, or 1 at the first lesson that fails.

    Executed copies and HTML go to runs/; the lessons themselves stay as they are, unless `save` (for maintainers)
    writes a clean run's outputs back. After several lessons the minutes of each are printed; after all of them, in the
    lesson budget and with `save`, they go to data/results/, too. Raises CourseError on an unknown lesson or where
    `save` is not possible here.
    """
    paths = [notebook(number) for number in numbers]
    if save:
        need_savable()
    _need_runs()
    took = {}
    for path in paths:
        started = time.monotonic()
        try:
            executed = _execute(path)
            if save:
                save_outputs(path, executed)
        except CourseError as error:
            print(error, file=sys.stderr)
            return 1
        page, record = _write_page(path, executed), _record_of(path)
        minutes = (time.monotonic() - started) / 60
        peak = record["values"].get("peak_gb") if record else None
        took[path.name[:2]] = {"minutes": round(minutes, 1), "peak_gb": peak}
        print(table(record))
        print(f"\n{minutes:.1f} minutes in all")
        print(f"executed copy: {course.RUNS / path.name}\npage to read:  {page}")
        if save:
            print(f"outputs saved: {path}")
    if len(took) > 1:
        _tell_minutes(took, save and list(took) == lessons() and course.budget() == "lesson")
    return 0


def _tell_minutes(took, save):
    """Print how long each lesson took, {number: {"minutes", "peak_gb"}}; `save` writes it to data/results/."""
    each = ", ".join(f"{number} {one['minutes']:.1f}" for number, one in took.items())
    print(f"\nminutes: {each}, in all {sum(one['minutes'] for one in took.values()):.1f}")
    if save:
        about = {"device": course.device(), "dtype": course.settings()["dtype"].value, "cores": course.cores()}
        about |= {"versions": course.versions(), "ran_at_commit": course.commit()}
        target = course.ROOT / "data" / "results" / f"lesson-minutes-{course.device()}.json"
        write_json(target, {"command": "python3 -m helpers run --all --save", "lessons": took} | about)
        print(f"minutes saved: {target}")


def _need_runs():
    """Notice that runs/ cannot be written before minutes of training, not after them."""
    probe = course.RUNS / f".writable-{os.getpid()}"  # two programs may look at once
    try:
        write_text(probe, "")
        probe.unlink()
    except OSError as error:
        raise CourseError(
            f"{course.RUNS} cannot be written: {error.strerror}. "
            "Copy the project to a folder of your own, and run it there."
        ) from None


def _record_of(path, budget=None, seed=None):
    """What `course.record` wrote in a complete run of this very code, or None."""
    try:
        record = json.loads(course.run_path(path.name[:2], budget, seed).read_text(encoding="utf-8"))
        code = code_hash(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    return record if record.get("code_sha256") == code else None


def _execute(path, **settings):
    """Execute a copy of the lesson at `path`, and return it. `settings` are COURSE_ variables for its kernel.

    Keeps what was executed in runs/, after an error too. The record of a complete run is marked with the code's
    hash, so that a record from a broken run, or of other code, is never taken for this one. Raises CourseError.
    """
    import nbformat

    source = nbformat.read(path, as_version=4)
    number = path.name[:2]
    budget = settings.get("COURSE_BUDGET") or course.budget()
    seed = int(settings.get("COURSE_SEED") or course.seed())
    record_path = course.run_path(number, budget, seed)
    record_path.unlink(missing_ok=True)
    kept = course.RUNS / path.name
    executed = copy.deepcopy(source)
    label = f"lesson {number}, {budget} budget, seed {seed}"
    if not sys.stderr.isatty():
        print(f"Running {label}: {len(source.cells)} cells.", file=sys.stderr, flush=True)
    try:
        _run_cells(executed, label, number, kept, settings | {"PYTHONPATH": course.python_path()}, CELL_HOURS[budget])
    finally:
        write_text(kept, nbformat.writes(executed) + "\n")
    if record_path.exists():
        record = json.loads(record_path.read_text(encoding="utf-8"))
        write_json(record_path, record | {"code_sha256": code_hash(source)})
    return executed


def _run_cells(executed, label, number, kept, settings, cell_hours):
    """Execute the cells of `executed` in place, in a new kernel of this Python, in an empty working folder."""
    import logging

    import zmq
    from ipykernel.kernelspec import make_ipkernel_cmd
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class ThisPython(AsyncKernelManager):
        # A kernel named python3 that a user installed elsewhere would otherwise come first.
        kernel_spec = KernelSpec(
            argv=make_ipkernel_cmd(),
            display_name="Python 3",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )

    class Client(NotebookClient):
        def process_message(self, message, cell, index):
            # A lesson's own progress bars are updated displays: show the latest behind the bar over cells.
            if message["msg_type"] == "update_display_data":
                bar.advance(0, note=message["content"]["data"].get("text/plain", "").split("\n")[0][:60])
            return super().process_message(message, cell, index)

    at = {"cell": 0}

    def show(cell, cell_index):
        at["cell"] = cell_index
        bar.advance(0, note=_name_of(executed, cell_index))

    with Bar(len(executed.cells), label) as bar, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = Client(
            executed,
            timeout=int(cell_hours * 3600),
            kernel_manager_class=ThisPython,
            resources={"metadata": {"path": folder}},
            record_timing=False,
            coalesce_streams=True,
            on_cell_execute=show,
            on_cell_executed=lambda cell, cell_index, execute_reply: bar.advance(cell_index + 1 - bar.done),
            log=logging.Logger("helpers.runner", level=logging.CRITICAL + 1),  # its errors are told below
        )
        kept_in = f"The cells up to there are in {kept}."
        try:
            # Without encryption, a kernel prints a warning, and others on a shared machine could read along.
            encryption = "auto" if zmq.has("curve") else "disabled"
            client.execute(env={**os.environ, **settings}, transport_encryption=encryption)
        except Exception as error:
            # On Ctrl-C, nbclient ends the kernel, and then finds it dead.
            if hasattr(client, "_async_cleanup_kernel_future"):
                raise KeyboardInterrupt from None
            place = f"cell {at['cell'] + 1} of {len(executed.cells)} ({_name_of(executed, at['cell'])})"
            where = f"Lesson {number} stopped at {place}"
            if isinstance(error, CellExecutionError):
                raise CourseError(f"{where}:\n\n{_explain(executed.cells[at['cell']], error)}\n\n{kept_in}") from None
            if isinstance(error, DeadKernelError):
                raise CourseError(
                    f"{where}: the system ended its Python process, most often because memory ran out. Close other "
                    f"programs and run it again, or run it small: COURSE_BUDGET=smoke. {kept_in}"
                ) from None
            if isinstance(error, CellTimeoutError):
                raise CourseError(
                    f"{where}: it ran for more than {cell_hours:g} hours. Run it small: COURSE_BUDGET=smoke. {kept_in}"
                ) from None
            raise


def _name_of(content, index):
    """The heading above a cell, or the cell's first line."""
    for cell in reversed(content.cells[: index + 1]):
        if cell.cell_type == "markdown" and (heading := re.search(r"^#+ +(.+)$", cell.source, re.MULTILINE)):
            return heading[1][:60]
    return content.cells[index].source.strip().split("\n")[0][:60]


def _explain(cell, error):
    """A failed cell's source, its error, and the line of the cell that led to it."""
    source = "\n".join(f"    {line}" for line in cell.source.split("\n"))
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback or "")
    line = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    at = f" (line {line[1]} of the cell)" if line else ""
    return f"{source}\n\n{error.ename}: {error.evalue}{at}"


def _write_page(path, executed):
    """The executed lesson as runs/NN_name.html, to read in a browser."""
    import logging

    from nbconvert import HTMLExporter

    page = copy.deepcopy(executed)
    page.metadata.pop("widgets", None)
    for output in (output for cell in page.cells for output in cell.get("outputs", [])):
        if "text/html" in output.get("data", {}):
            output.data.pop(WIDGET_VIEW, None)  # a page has no kernel: the still drawing is what works there
    exporter = HTMLExporter(log=logging.Logger("helpers.runner", level=logging.CRITICAL + 1))
    html, _ = exporter.from_notebook_node(page, {"metadata": {"name": path.stem}})
    target = course.RUNS / f"{path.stem}.html"
    write_text(target, html)
    return target


def results(number, seeds=3):
    """Run lesson `number` in the full budget with each of SEEDS, and pool the runs into data/results/. Returns 0 or 1.

    seeds: how many of them, for a machine that has no time for all; the result says so. One is enough where the lesson
    recorded that nothing in it depends on the seed.

    A seed that ran with the same code, settings and versions is not run again: a call that was stopped goes on.
    """
    path = notebook(number)
    number = path.name[:2]
    _need_runs()
    started = {name: str(setting.value) for name, setting in course.settings().items()}
    runs = []
    for seed in SEEDS[:seeds]:
        record = _record_of(path, "full", seed)
        if not _fits(record, started):
            try:
                _execute(path, COURSE_BUDGET="full", COURSE_SEED=str(seed))
            except CourseError as error:
                print(error, file=sys.stderr)
                return 1
            record = _record_of(path, "full", seed)
            if record is None:
                raise CourseError(f"Lesson {number} recorded no table, so there is nothing to pool.")
        else:
            print(f"Seed {seed} has run already: {course.run_path(number, 'full', seed)}", file=sys.stderr)
        runs.append(record)
        if not record.get("seeded", True):
            break
    pooled = pool(runs)
    if len(runs) < len(SEEDS) and pooled.get("per_seed"):
        pooled["command"] += f" --seeds {len(runs)}"
    target = course.ROOT / "data" / "results" / f"{number}-full-{pooled['device']}.json"
    write_json(target, pooled)
    print(table(pooled))
    print(f"\nresults: {target}")
    return 0


def _fits(record, settings):
    """Whether a record was made with these settings and with the versions installed now."""
    return bool(record) and record["versions"] == course.versions() and all(
        record["settings"][name] == settings[name] for name in ("device", "dtype", "model")
    )  # fmt: skip
