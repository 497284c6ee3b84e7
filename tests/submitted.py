"""Makes submissions to grade: what students hand in, and what nobody should. Used by test_grading.py."""

import json
import os
from pathlib import Path

import nbformat

from helpers import course, learn, runner

# What hostile or careless solution cells hold: to be formatted with answer, sentinel (a file), folder (of all that was
# handed in), notebook (the lesson with its solutions) and port. None of them earns a point.
HOSTILE = {
    "syntax error": "def {answer}(*args, **kwargs)\n    return 1",
    "infinite loop": "def {answer}(*args, **kwargs):\n    while True:\n        pass",
    "sleeps": "import time\ntime.sleep(3600)",
    "forks": "import os\nwhile True:\n    os.fork()",
    "starts processes": "import subprocess, sys\nwhile True:\n    subprocess.Popen([sys.executable, '-c', '1'])",
    "threads": "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,)).start()",
    "deletes files": "import os, shutil\nshutil.rmtree({folder!r}, ignore_errors=True)\nos.remove({sentinel!r})",
    "writes files": "open({sentinel!r}, 'w').write('changed')",
    "prints the solution file": "print(open({notebook!r}).read())",
    "prints the verdict": "print('Well done: the check passes.')\nprint('{{\"verdict\": null}}')",
    "leaves with 0": "import os\nos._exit(0)",
    "leaves politely": "import sys\nsys.exit(0)",
    "changes the checks": "import helpers.checks, helpers.checks.framework as f\n"
    "f.require = f.require_close = lambda *a, **k: None\n"
    "for name in helpers.checks.__all__:\n    setattr(helpers.checks, name, lambda answer: None)\n"
    "def {answer}(*args, **kwargs):\n    return 0",
    "changes the recorder": "from helpers.grading import recording\n"
    "recording.record = recording.replay = lambda *args: {{'calls': [], 'said': None}}\n"
    "recording.judge_here = lambda *args: {{'verdict': None}}",
    "fills the memory": "x = bytearray(50_000_000_000)",
    "prints without end": "while True:\n    print('x' * 100_000)",
    "fills the disk": "with open('large', 'wb') as f:\n    while True:\n        f.write(bytes(1_000_000))",
    "kills its parent": "import os\nos.kill(os.getppid(), 9)",
    "calls home": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')",
    "gives anything": "class Any:\n    def __eq__(self, other): return True\n    def __len__(self): return 5\n"
    "def {answer}(*args, **kwargs):\n    return Any()",
    "recurses": "def {answer}(*args, **kwargs):\n    return {answer}()",
    "a huge answer": "def {answer}(*args, **kwargs):\n    return [0] * 100_000_000",
    "a deep answer": "x = []\nfor _ in range(100_000):\n    x = [x]\ndef {answer}(*args, **kwargs):\n    return x",
}


def released(number):
    """A lesson as a learner gets it, an nbformat node."""
    return nbformat.reads(learn.learner_bytes(runner.notebook(number)).decode(), as_version=4)


def solutions(number):
    """grade_id → the solution's source."""
    cells = nbformat.read(runner.notebook(number), as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells if learn.is_solution(cell)}


def planted(name):
    """A wrong answer to the exercise `name`."""
    path = sorted((course.ROOT / "tests" / "exercises" / name).glob("*.py"))[0]
    return path.read_text(encoding="utf-8")


def answered(number, answers):
    """A released lesson with `answers` (grade_id → source) in its solution cells."""
    notebook = released(number)
    for cell in notebook.cells:
        if learn.is_solution(cell) and cell.metadata.nbgrader.grade_id in answers:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    return notebook


def hand_in(folder, student, number, notebook, name=None):
    """Write a notebook (a node, or bytes) into the student's folder."""
    place = Path(folder, student)
    place.mkdir(parents=True, exist_ok=True)
    content = notebook if isinstance(notebook, bytes) else (nbformat.writes(notebook) + "\n").encode()
    (place / (name or runner.notebook(number).name)).write_bytes(content)


def damaged(number):
    """What reaches an instructor after a full disk or a merge: (kind, content)."""
    whole = (nbformat.writes(answered(number, solutions(number))) + "\n").encode()
    yield "cut off", whole[: len(whole) // 2]
    yield "empty", b""
    yield "not a notebook", b'["cells"]'
    yield "deep", b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + json.dumps(list(solutions(number))).encode() + b"}"


def listing(folder):
    """Every file below `folder` with its content and mode: what must not change."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            found[str(path)] = (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
    return found


def stubs(number):
    """grade_id → what the learner's copy has in the solution's place."""
    return {c.metadata.nbgrader.grade_id: c.source for c in released(number).cells if learn.is_solution(c)}


def processes():
    """The processes of this machine that grade, or run what is graded: each one's number."""
    import psutil

    found = set()
    for process in psutil.process_iter(["pid", "cmdline"]):
        line = process.info["cmdline"] or []
        ours = "helpers.grading.worker" in line or any(Path(word).name.startswith("course-") for word in line)
        found |= {process.info["pid"]} if ours else set()
    return found
