"""`slides`: a lesson as a slide show in one HTML file, by nbconvert's reveal.js exporter.

A notebook needs no marks for it. A heading of the first or second level begins a slide (right arrow); one of the third
level, and what would not fit on the slide, comes below (down arrow). Nothing is run: outputs are the saved ones.
"""

import copy
import logging
import re
from pathlib import Path

from helpers import course, runner
from helpers.errors import CourseError
from helpers.files import write_text
from helpers.saving import WIDGET_VIEW

LONG = 700  # characters of prose that fill a slide; a line of code counts as 40, a figure as 400

# nbconvert's page for reveal.js, less what the lessons do not need: other libraries, all of them from the network.
PAGE = """{%- extends 'index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
  :root { --jp-code-font-size: 16px; }
  .reveal .slides section { text-align: left; }
  .reveal .slides section > section { max-height: 95vh; overflow-y: auto; }
</style>
{%- endblock -%}
{%- block footer_js -%}
<script src="{{ resources.reveal.url_prefix }}/dist/reveal.js"></script>
<script src="{{ resources.reveal.url_prefix }}/plugin/notes/notes.js"></script>
<script>
  if (window.Reveal) {
    Reveal.initialize({
      hash: true, slideNumber: "c/t", transition: "none", center: false, width: 1200, height: 800,
      plugins: window.RevealNotes ? [RevealNotes] : [],
    });
  }
</script>
{%- endblock -%}"""


def make(number, reveal=None):
    """Write runs/NN-slides.html for lesson `number`; return a sentence that says where it is and what it needs.

    reveal: a folder with a copy of reveal.js 4 or 5 (its `dist/reveal.js`). It is put into the page, which then needs
    nothing else. Without it, the browser fetches reveal.js from nbconvert's default address when the page is shown.
    Raises CourseError.
    """
    import nbformat
    from nbconvert import SlidesExporter

    path = runner.notebook(number)
    target = course.RUNS / f"{path.name[:2]}-slides.html"
    exporter = SlidesExporter(log=logging.Logger("helpers.slides", level=logging.CRITICAL + 1), raw_template=PAGE)
    shown = marked(nbformat.read(path, as_version=4))
    html, _ = exporter.from_notebook_node(shown, {"metadata": {"name": path.stem}})
    needs = "Showing it needs the network, for reveal.js; without it, it is one long page. --reveal puts it in."
    if reveal is not None:
        html = _with(html, exporter.reveal_url_prefix, Path(reveal))
        needs = "It is complete: one file that needs no network."
    write_text(target, html)
    return f"slides: {target}\n{needs}"


def _with(html, address, folder):
    """The page, with what it would fetch from below `address` read out of `folder` and put in."""

    def read(name):
        try:
            return (folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise CourseError(
                f"{folder} has no {name} ({error.strerror}). Give the folder of an unpacked reveal.js 4 or 5."
            ) from None

    def style(match):
        # A theme may ask for fonts from the network: it has others to fall back on.
        return f"<style>{re.sub(r'@import url[^;]*;', '', read(match[1]))}</style>"

    def script(match):
        inside = read(match[1]).replace("</script", "<\\/script")  # in a text of the program, it would end it
        return f"<script>{inside}</script>"

    address = re.escape(address)
    html = re.sub(rf'<link [^>]*href="{address}/([^"]+)"[^>]*>', style, html)
    return re.sub(rf'<script src="{address}/([^"]+)"></script>', script, html)


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
    """("slide", "subslide" or "-" for going on; how full the slide then is, in characters of prose).

    Code stays with the text above it: only text begins something new, and code that would not fit below other code.
    """
    if cell.cell_type == "markdown":
        heading = re.match(r"(#{1,6}) ", cell.source)
        size = len(re.sub(r"(?s)<details>.*?</details>", "", cell.source))
        if heading:
            return ("slide" if len(heading[1]) <= 2 else "subslide"), size
        return ("subslide", size) if filled + size > LONG / 2 else ("-", filled + size)
    size = 40 * (cell.source.count("\n") + 1)
    size += sum(400 for output in cell.outputs if "image/png" in output.get("data", {}))
    return ("subslide", size) if filled > LONG else ("-", filled + size)
