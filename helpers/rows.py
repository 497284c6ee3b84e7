"""Rows that the course ships: a JSON object a line, each in a split of a fixed size. Standard library only."""

import json

from helpers.course import ROOT
from helpers.errors import CourseError


def load(file, splits, problem_of, split=None):
    """The rows of a .jsonl file in its order, as new dicts; those of one split, or all where it is None.

    splits: split → how many rows it has. problem_of: row (any JSON value) → what is wrong with it, such as "lacks a
    text", or None. Raises CourseError for a split that does not exist and for a file that is missing or damaged.
    """
    if split not in (None, *splits):
        raise CourseError(f"There is no split {split!r}. Choose one of {', '.join(splits)}, or give none for all rows.")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise _damaged(file, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _damaged(file, "is not UTF-8 text") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise _damaged(file, f"is not JSON in line {number}") from error
        if problem := problem_of(rows[-1]):
            raise _damaged(file, f"{problem} in line {number}")
    for name, size in splits.items():
        if (found := sum(row["split"] == name for row in rows)) != size:
            raise _damaged(file, f"has {found} rows of the split {name}, not {size}")
    return [row for row in rows if split in (None, row["split"])]


def _damaged(file, what):
    place = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file
    return CourseError(f"{place} {what}. Take the file anew from the course's repository.")
