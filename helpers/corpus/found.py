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


def located(text: str, spans: Iterable[tuple[str, int, int]]) -> list[Found]:
    """(kind, start, end) as findings with their lines, merged. Linear in the text, however much is found in it."""
    found, line, at = [], 1, 0
    for kind, start, end in sorted(spans, key=lambda span: span[1]):
        line += text.count("\n", at, start)
        at = start
        found.append(Found(kind, line, start, end))
    return merged(found)


def merged(found: Iterable[Found]) -> list[Found]:
    """The findings in the order of the text; those that overlap become one, of the kind of the first."""
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
