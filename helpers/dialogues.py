"""Forty short dialogues with three summaries each, from `data/dialogues.jsonl`. Standard library only.

What they are and how far to trust them: `data/cards/dialogues.md`.
"""

import json

from helpers.course import ROOT
from helpers.errors import CourseError

FILE = ROOT / "data" / "dialogues.jsonl"
SPLITS = {"example": 8, "test": 32}  # split → how many rows it has
FIELDS = ("id", "topic", "split", "dialogue", "summaries")


def load(split=None):
    """The dialogues in the order of their ids, as new dicts: id, topic, split, dialogue, summaries.

    split: "example" (8 rows, to show in a prompt), "test" (32 rows, to measure on), or None for all 40.
    `dialogue` is one string with a line "Name: utterance" for each turn; `summaries` is a list of three strings.
    Raises CourseError for a split that does not exist and for a file that is missing or damaged.
    """
    if split not in (None, *SPLITS):
        raise CourseError(f"There is no split {split!r}. Choose one of {', '.join(SPLITS)}, or give none for all rows.")
    try:
        lines = FILE.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise _damaged(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _damaged("is not UTF-8 text") from error
    rows = [_row(number, line) for number, line in enumerate(lines, 1)]
    for name, size in SPLITS.items():
        if (found := sum(row["split"] == name for row in rows)) != size:
            raise _damaged(f"has {found} rows of the split {name}, not {size}")
    return [row for row in rows if split in (None, row["split"])]


def _row(number, line):
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _damaged(f"is not JSON in line {number}") from error
    if not isinstance(row, dict) or sorted(row) != sorted(FIELDS):
        raise _damaged(f"has other fields than {', '.join(FIELDS)} in line {number}")
    summaries = row["summaries"]
    texts = [row[name] for name in FIELDS if name != "summaries"] + (summaries if isinstance(summaries, list) else [])
    if len(texts) != len(FIELDS) + 2 or not all(isinstance(text, str) and text.strip() for text in texts):
        raise _damaged(f"lacks a text, or one of three summaries, in line {number}")
    if row["split"] not in SPLITS:
        raise _damaged(f"has an unknown split in line {number}")
    return row


def _damaged(what):
    place = FILE.relative_to(ROOT).as_posix() if FILE.is_relative_to(ROOT) else FILE
    return CourseError(f"{place} {what}. Take the file anew from the course's repository.")
