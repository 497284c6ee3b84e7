"""Forty short dialogues with three summaries each, from `data/dialogues.jsonl`. Standard library only.

What they are and how far to trust them: `data/cards/dialogues.md`.
"""

from helpers.course import ROOT
from helpers.rows import load as load_rows

FILE = ROOT / "data" / "dialogues.jsonl"
SPLITS = {"example": 8, "test": 32}  # split → how many rows it has
FIELDS = ("id", "topic", "split", "dialogue", "summaries")


def load(split=None):
    """The dialogues in the order of their ids, as new dicts: id, topic, split, dialogue, summaries.

    split: "example" (8 rows, to show in a prompt), "test" (32 rows, to measure on), or None for all 40.
    `dialogue` is one string with a line "Name: utterance" for each turn; `summaries` is a list of three strings.
    Raises CourseError for a split that does not exist and for a file that is missing or damaged.
    """
    return load_rows(FILE, SPLITS, _problem, split)


def _problem(row):
    """What is wrong with a row, or None."""
    if not isinstance(row, dict) or sorted(row) != sorted(FIELDS):
        return f"has other fields than {', '.join(FIELDS)}"
    summaries = row["summaries"]
    texts = [row[name] for name in FIELDS if name != "summaries"] + (summaries if isinstance(summaries, list) else [])
    if len(texts) != len(FIELDS) + 2 or not all(isinstance(text, str) and text.strip() for text in texts):
        return "lacks a text, or one of three summaries,"
    return None if row["split"] in SPLITS else "has an unknown split"
