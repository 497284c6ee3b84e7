"""`slides`: a lesson as a slide show in one HTML file, by nbconvert's reveal.js exporter.

A notebook needs no marks for it. A heading of the first or second level begins a slide (right arrow); one of the third
level, and what would not fit on the slide, comes below (down arrow). Nothing is run: outputs are the saved ones.
"""

import copy
import logging
import os
import re
from pathlib import Path

from helpers import course, runner
from helpers.errors import CourseError
from helpers.files import write_text
from helpers.saving import WIDGET_VIEW

LONG = 700  # characters of prose that fill a slide; a line of code counts as 40, a figure as 400


def make(number, reveal=None):
    """Write runs/NN-slides.html for lesson `number`; return a sentence that says where it is and what it needs.

    reveal: a folder with a copy of reveal.js 4 or 5 (its `dist/reveal.js`), which the page then uses. Without it, the
    browser fetches reveal.js from nbconvert's default address when the page is shown. Raises CourseError.
    """
    import nbformat
    from nbconvert import SlidesExporter

    path = runner.notebook(number)
    target = course.RUNS / f"{path.name[:2]}-slides.html"
    exporter = SlidesExporter(log=logging.Logger("helpers.slides", level=logging.CRITICAL + 1))
    exporter.reveal_scroll, exporter.reveal_number = True, "c/t"
    if reveal is not None:
        folder = Path(reveal).resolve()
        if not (folder / "dist" / "reveal.js").is_file():
            raise CourseError(f"{folder} has no dist/reveal.js. Give the folder of an unpacked reveal.js 4 or 5.")
        exporter.reveal_url_prefix = Path(os.path.relpath(folder, course.RUNS)).as_posix()
    html, _ = exporter.from_notebook_node(marked(nbformat.read(path, as_version=4)), {"metadata": {"name": path.stem}})
    write_text(target, html)
    needs = (
        "reveal.js comes from that folder; keep it there" if reveal else "showing it needs the network, for reveal.js"
    )
    return f"slides: {target}\n{needs}. Mathematics and icons come from the network too; without it they show as text."


def marked(notebook):
    """A copy of `notebook` (an nbformat node) whose cells say which slide they begin; text is cut at its headings.

    Solutions go, because slides are shown before the exercises are done: their cells become the learner's stubs.
    """
    from helpers.learn import is_solution, stripped

    stubs = stripped(notebook).cells
    shown = copy.deepcopy(notebook)
    shown.metadata.pop("widgets", None)
    cells, filled = [], 0
    for cell, stub in zip(shown.cells, stubs, strict=True):
        if cell.cell_type == "code":
            if is_solution(cell):
                cell.source, cell.outputs = stub.source, []
            for output in cell.outputs:
                if "data" in output:
                    output.data.pop(WIDGET_VIEW, None)  # a page has no kernel: the still drawing is what works there
        for part in _parts(cell):
            kind, filled = _kind(part, filled)
            part.metadata["slideshow"] = {"slide_type": kind}
            cells.append(part)
    shown.cells = cells
    return shown


def _parts(cell):
    """The cell, or for text with headings inside, a cell for each of them. A `#` in a block of code is none."""
    if cell.cell_type != "markdown":
        return [cell]
    texts, fenced = [""], False
    for line in cell.source.splitlines(keepends=True):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and re.match(r"#{1,6} ", line) and texts[-1].strip():
            texts.append("")
        texts[-1] += line
    parts = [copy.deepcopy(cell) for _ in texts]
    for number, (part, text) in enumerate(zip(parts, texts, strict=True)):
        part.source = text
        part["id"] = f"{cell.get('id', 'cell')}-{number}"
    return parts


def _kind(cell, filled):
    """("slide", "subslide" or "-" for going on; how full the slide then is, in characters of prose)."""
    if cell.cell_type == "markdown":
        heading = re.match(r"(#{1,6}) ", cell.source)
        size = len(re.sub(r"(?s)<details>.*?</details>", "", cell.source))
        if heading:
            return ("slide" if len(heading[1]) <= 2 else "subslide"), size
    else:
        size = 40 * (cell.source.count("\n") + 1)
        size += sum(400 for output in cell.outputs if "image/png" in output.get("data", {}))
    return ("subslide", size) if filled and filled + size > LONG else ("-", filled + size)
