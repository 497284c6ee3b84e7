"""The glossary: sorted, and each term is marked where it says it is first defined."""

import json
import re

import pytest

from helpers.course import ROOT

ROWS = re.findall(
    r"^\| ([^|]+?) \| ([^|]+?) \| \[(\d\d)\]\(([^)]+)\) \|$",
    (ROOT / "notebooks" / "GLOSSARY.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


def test_the_glossary_has_rows_in_order():
    terms = [row[0].lower() for row in ROWS]
    assert len(terms) >= 20 and terms == sorted(terms)


@pytest.mark.parametrize(("term", "meaning", "number", "lesson"), ROWS)
def test_a_term_is_marked_where_it_is_first_defined(term, meaning, number, lesson):
    cells = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    marked = re.findall(r"(?<!\w)\*{1,2}([^*]+?)s?:?\*{1,2}(?!\w)", prose)
    assert term.lower().rstrip("s") in {found.lower().rstrip("s:") for found in marked}
    assert len(meaning) > 20 and lesson.startswith(number)
