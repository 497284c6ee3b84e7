"""`grade`: every submission in a folder, each in a process of its own, to a table and feedback that repeat exactly."""

import compileall
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from helpers import course, sandbox
from helpers.errors import CourseError
from helpers.grading import lessons as course_lessons
from helpers.grading import report, submissions

SECONDS = 30  # of the clock, for one exercise, Python's start and imports included
CPU_SECONDS = 10  # of processor time, for one exercise, after the set-up cells


def grade(folder, out, only=(), workers=None):
    """Grade what is handed in in `folder`; write grades.csv and feedback/ into `out`; return the students and rows.

    only: numbers of lessons; a student who lacks one of them gets no points there. Without it, the lessons that each
    student handed in are graded. workers: how many at a time (default: one for each core).
    Raises CourseError where the folders cannot be used. Nothing is ever written into `folder`.
    """
    folder, out = Path(folder).resolve(), Path(out).resolve()
    if out == folder or folder in out.parents:
        raise CourseError(f"{out} is inside the submissions. Choose another folder for the grades, with --out.")
    lessons = course_lessons.all_lessons()
    if unknown := sorted(set(only) - set(lessons)):
        raise CourseError(f"Lesson {unknown[0]} has no exercises to grade. Those that have: {', '.join(lessons)}.")
    students = submissions.find(folder, lessons)
    jobs = [(s.notebooks[number], lessons[number][1]) for s, number in _handed_in(students, only)]
    with _copy_of_helpers() as (copy, user):
        judged = sandbox.in_parallel(lambda job: _judge(*job, copy, user), jobs, workers, "grading")
    rows = {(s.name, number): found for (s, number), found in zip(_handed_in(students, only), judged, strict=True)}
    for student in students:
        for number in set(only) - set(student.notebooks):
            rows[student.name, number] = _all(lessons[number][1], "not handed in", "")
    table = [
        {"student": name, "lesson": number, **row} for (name, number), judged in sorted(rows.items()) for row in judged
    ]
    report.write(out, students, table)
    return students, table


def _handed_in(students, only):
    """(student, lesson number) of all that is to be graded."""
    return [(s, number) for s in students for number in sorted(s.notebooks) if number in (only or s.notebooks)]


def _all(exercises, status, message):
    """The rows of a notebook whose exercises all end the same way."""
    return [
        {"exercise": one["name"], "points": 0, "of": one["points"], "status": status, "message": message}
        for one in exercises
    ]


def _judge(path, exercises, copy, user):
    """The rows of the notebook at `path`, from a worker process."""
    content, problem = submissions.read(path)
    if problem:
        return _all(exercises, "unreadable", f"The notebook cannot be read: {problem}")
    job = {"notebook": content.decode("latin-1"), "exercises": exercises, "readable": copy}
    job |= {"seconds": SECONDS, "cpu_seconds": CPU_SECONDS}
    limit = len(exercises) * (SECONDS + 15) + 60
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as place:
        if user:
            shutil.chown(place, user, user)
        process = _start(copy, place, user)
        try:
            written, _ = process.communicate(json.dumps(job).encode(), timeout=limit)
            return json.loads(written)
        except subprocess.TimeoutExpired:
            reason = "it took too long to read"
        except (ValueError, OSError):
            reason = "the process that read it came to an end"
        finally:
            sandbox._kill(process)
            process.wait()
    return _all(exercises, "grader", f"The notebook could not be graded: {reason}. Nothing else was affected.")


def _start(copy, place, user):
    """A worker that imports `helpers` from the copy, and has nothing of this process but its stdin and stdout."""
    environment = sandbox._environment(place) | {"PYTHONPATH": copy, "COURSE_GRADING": "1", "HF_HUB_OFFLINE": "1"}
    group = {"start_new_session": True}
    if os.name == "nt":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    if user:
        group |= {"user": user, "group": user, "extra_groups": []}
    command = [sys.executable, "-s", "-P", "-B", "-X", "utf8", "-m", "helpers.grading.worker"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, **pipes, cwd=place, env=environment, **group)


@contextlib.contextmanager
def _copy_of_helpers():
    """(a folder with a copy of `helpers` alone, and what user may run it): no solutions, no notebooks beside it."""
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as copy:
        shutil.copytree(course.ROOT / "helpers", Path(copy, "helpers"), ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(copy, quiet=2)
        for path in (Path(copy), *Path(copy).rglob("*")):  # readable by the other user, whatever the umask
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
        yield copy, other_user()


@cache
def other_user():
    """The number of the user 'nobody', if this process may start Python as that user; else None."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    try:
        number = pwd.getpwnam("nobody").pw_uid
        done = subprocess.run(
            [sys.executable, "-s", "-P", "-c", "import numpy, nbformat"],
            user=number,
            group=number,
            extra_groups=[],
            cwd="/",
            env={},
            capture_output=True,
            timeout=60,
        )
    except (OSError, KeyError, subprocess.SubprocessError):
        return None
    return number if done.returncode == 0 else None


def protections():
    """Sentences on how submissions are kept apart on this system."""
    missing = sandbox.missing()
    said = ["submissions run in the sandbox" + (", as the user nobody" if other_user() else ", as this user")]
    if missing:
        said.append(
            f"NOT ENFORCED on this system: {', '.join(missing)}. A hostile submission could do harm: grade unknown "
            "people's work on Linux, or in a container or virtual machine that holds nothing else."
        )
    return said
