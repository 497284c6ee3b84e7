"""`test`: what CI runs. ruff, then the unit tests, then every notebook with a smoke budget."""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from helpers import course
from helpers.errors import CourseError

ELSEWHERE = ("gpu", "browser", "slow", "network")
CELL_SECONDS = 600
WORKERS = 4  # processes that run unit tests: each may need 2 GB of memory
ALWAYS = ("notebook_form", "exercises", "api_drift")  # tests/test_<these>.py look at every lesson


def run(lesson=None):
    """Run everything, or what concerns one lesson. Prints minutes and counts; returns 0 only if all passed.

    The last line is `N passed, N failed`, over unit tests and notebook cells together.
    """
    from helpers import models

    started, counts = time.monotonic(), Counter()
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "COURSE_BUDGET": "smoke", "PYTHONPATH": course.python_path()}
    for name in ("COURSE_MODEL", "COURSE_SEED", "COURSE_DEVICE", "COURSE_GRADING"):
        environment.pop(name, None)  # a learner's settings must not decide what the tests see
    print("ruff", flush=True)
    clean = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=course.ROOT).returncode == 0
    counts["failed"] += not clean

    notebooks = sorted((course.ROOT / "notebooks").glob(f"{lesson or '[0-9][0-9]'}_*.ipynb"))
    selection = ["-m", " and ".join(f"not {mark}" for mark in ELSEWHERE), "-p", "helpers.unselected"]
    tests = tests_of(notebooks[0]) if lesson else ["tests"]
    workers = min(course.cores(), WORKERS)
    selection += ["-n", str(workers), "--dist", "loadfile"]  # a file's tests stay together, with what they share
    alone = {"OMP_NUM_THREADS": str(max(1, course.cores() // workers))}
    counts += _pytest("the unit tests", [*tests, *selection], alone | environment)[0]
    minutes = {}
    if notebooks:
        models.prepare()  # so that its minutes, and a failure to fetch it, are not a notebook's
        names = [str(path.relative_to(course.ROOT)) for path in notebooks]
        arguments = ["--nbval-lax", f"--nbval-cell-timeout={CELL_SECONDS}", "--nbval-current-env"]
        found, minutes = _pytest("the notebooks", [*arguments, *names], environment)
        counts += found
    else:
        print("There are no notebooks in notebooks/.")
        counts["failed"] += 1
    for name, value in minutes.items():
        print(f"{value:6.1f} minutes  {name}")
    print(f"{(time.monotonic() - started) / 60:6.1f} minutes  in all")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 0 if counts["passed"] and not counts["failed"] else 1


def _pytest(what, arguments, environment):
    """Run pytest; return its counts ('passed', 'failed', 'skipped') and the minutes of each notebook, by name."""
    print(f"\n{what}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-rs", "--tb=short", f"--junit-xml={report}", *arguments]
        code = subprocess.run(command, cwd=course.ROOT, env=environment, stdin=subprocess.DEVNULL).returncode
        if code == 2 and not report.exists():
            raise KeyboardInterrupt
        counts, minutes = read_report(report)
    if code and not counts["failed"]:
        print(f"pytest ended with exit code {code} in {what}.")
        counts["failed"] += 1
    return counts, minutes


def read_report(path):
    """Counts, and minutes by notebook, of a JUnit report. A missing report, as after a crash, has nothing."""
    counts, seconds = Counter(), Counter()
    if not path.exists():
        return counts, {}
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        kind = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        counts[kind] += 1
        if found := re.search(r"\d\d_\w+", case.get("classname", "")):
            seconds[found[0]] += float(case.get("time", 0))
    return counts, {name: value / 60 for name, value in sorted(seconds.items())}


def tests_of(notebook):
    """The test files that concern one lesson: of each helper it uses, directly or through others, and of its form."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    pending = {name for source in sources for name in imported(source)}
    used = set()
    while pending:
        name = pending.pop()
        modules = [course.ROOT / "helpers" / f"{name}.py", *(course.ROOT / "helpers" / name).glob("*.py")]
        if name not in used and any(module.exists() for module in modules):
            used.add(name)
            for module in filter(Path.exists, modules):
                pending |= imported(module.read_text(encoding="utf-8"))
    files = [course.ROOT / "tests" / f"test_{name}.py" for name in [*ALWAYS, *sorted(used)]]
    there = [str(path.relative_to(course.ROOT)) for path in files if path.exists()]
    if not there:
        raise CourseError(f"No test concerns {notebook.name}. Is the folder tests/ complete?")
    return there


def imported(source):
    """The modules of `helpers` that Python source imports anywhere. Lines for IPython alone (%, !) are passed over."""
    plain = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
    found = set()
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
            inner = node.module.split(".")[1:2]
            found |= set(inner or (alias.name for alias in node.names))
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("helpers.")}
    return found
