"""Finds what was handed in, and reads it as bytes: files, folders and names are a student's, so nothing is trusted."""

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import CourseError

LARGEST = 20_000_000  # bytes of a notebook: the course's own are below 1 MB
MOST_FILES = 200  # notebooks that are looked at for one student


@dataclass(frozen=True)
class Student:
    """One student's notebooks (lesson number → path), and sentences on what could not be used."""

    name: str
    notebooks: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


def find(folder, lessons):
    """The students in `folder`, sorted by name, each with the notebooks of `lessons` (number → (file name, exercises)).

    Both layouts work: FOLDER/STUDENT/NN_name.ipynb, and nbgrader's submitted/STUDENT/ASSIGNMENT/*.ipynb. A notebook
    belongs to the lesson whose exercises it holds, whatever it is called. Raises CourseError where nothing is there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder. Give the folder that holds one folder for each student.")
    if (folder / "submitted").is_dir():
        folder = folder / "submitted"
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    students = []
    for name in names:
        if not name.startswith("."):
            shown = [student.name for student in students]
            students.append(_student(folder / name, _unlike(printable(name), shown), lessons))
    if not students:
        raise CourseError(
            f"There is no student's folder in {folder}. It should hold one folder for each student, with that "
            "student's notebooks in it: STUDENT/01_tokenization.ipynb, or STUDENT/ASSIGNMENT/01_tokenization.ipynb."
        )
    return students


def printable(text):
    """A name as it can be written anywhere: file names may hold line breaks, and bytes that are no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _unlike(name, names):
    """`name`, with a number behind it if it is one of `names` already."""
    number, unlike = 1, name
    while unlike in names:
        number += 1
        unlike = f"{name} ({number})"
    return unlike


def _student(folder, name, lessons):
    candidates, problems = {}, []
    try:
        paths = _notebooks(folder)
    except OSError as error:
        return Student(name, {}, [f"This folder cannot be read ({error.strerror})."])
    if len(paths) > MOST_FILES:
        problems.append(f"There are more than {MOST_FILES} notebooks; only the first {MOST_FILES} were looked at.")
    for path in paths[:MOST_FILES]:
        shown = printable(path.relative_to(folder).as_posix())
        content, problem = read(path)
        number = _lesson_of(path.name, content, lessons) if content is not None else None
        if problem:
            problems.append(f"{shown}: {problem}")
        elif number is None:
            problems.append(f"{shown}: this is no lesson with exercises: neither its name nor a cell says which.")
        else:
            candidates.setdefault(number, []).append((path.name, shown, path))
    chosen = {}
    for number, found in sorted(candidates.items()):
        named = [entry for entry in found if entry[0] == lessons[number][0]]
        if len(found) > 1 and len(named) != 1:
            files = ", ".join(entry[1] for entry in found)
            problems.append(f"Lesson {number} is in {files}. Hand in one of them, as {lessons[number][0]}.")
            continue
        chosen[number] = (named or found)[0][2]
        if len(found) > 1:
            problems.append(f"Lesson {number} was handed in more than once; {named[0][1]} was graded.")
    if not paths:
        problems.append("No notebook was handed in.")
    return Student(name, chosen, problems)


def _notebooks(folder):
    """Notebooks in `folder` and its folders, one level down. Links are not followed."""
    found = []
    for depth in (folder, *sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())):
        if not depth.name.startswith(".") or depth == folder:
            found += sorted(path for path in depth.iterdir() if path.suffix.lower() == ".ipynb")
    return found


def read(path):
    """(bytes, None) or (None, what is wrong). Only a plain file is opened: a link or a pipe could lead anywhere."""
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            return None, "this is no plain file."
        if before.st_size > LARGEST:
            return None, f"this file has {before.st_size / 1e6:.0f} MB. Clear the outputs, and hand it in again."
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as handle:
            return handle.read(LARGEST), None
    except OSError as error:
        return None, f"this file cannot be read ({error.strerror})."


def _lesson_of(name, content, lessons):
    """The number of the lesson whose exercises the text names most often, else the one its file name gives; or None."""
    counts = {
        number: sum(content.count(json.dumps(one["name"]).encode()) for one in listed)
        for number, (_, listed) in lessons.items()
    }
    most = max(counts, key=counts.get)
    if counts[most]:
        return most
    begins = re.match(r"\d\d(?=_)", name)
    return begins[0] if begins and begins[0] in lessons else None
