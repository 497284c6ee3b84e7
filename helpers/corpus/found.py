"""One finding in a text: what it is and where it stands."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from helpers.errors import CourseError


@dataclass(frozen=True, order=True)
class Found:
    """`text[start:end]` is something of this kind; `line` counts from 1, as editors do."""

    kind: str
    line: int
    start: int
    end: int


def found_at(text: str, kind: str, start: int, end: int) -> Found:
    """A finding with its line worked out."""
    return Found(kind, text.count("\n", 0, start) + 1, start, end)


def merged(found: Iterable[Found]) -> list[Found]:
    """The findings in the order of the text. Those that overlap become one, of the kind of the one that starts first."""
    result: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end, each.kind)):
        if result and each.start < result[-1].end:
            if each.end > result[-1].end:
                result[-1] = replace(result[-1], end=each.end)
        else:
            result.append(each)
    return result


def must_be_text(text: object) -> None:
    """CourseError unless `text` is a string."""
    if not isinstance(text, str):
        raise CourseError(f"The text to search is {type(text).__name__}, not str. Decode or read it first.")
