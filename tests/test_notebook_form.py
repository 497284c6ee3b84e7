"""The form of every lesson: saved from a clean run, in parts that every lesson has, with links that lead somewhere."""

import ast
import copy
import html
import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.saving import WIDGET_VIEW, code_hash, private_paths, texts

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [*NOTEBOOKS, *sorted((ROOT / "notebooks").glob("*.md")), ROOT / "README.md"]
MOST_LINES = 25
MOST_BYTES = 1_000_000
# Paths of any machine; private_paths knows this one's.
ABSOLUTE = re.compile(r"(?<![\w.:/])(/home/\w|/Users/\w|/root/|/tmp/|/private/|/var/folders/)|\b[A-Za-z]:\\+\w")

# Each rule takes a notebook and its path, and yields what is wrong.


def code_cells(notebook):
    return [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def outputs(notebook):
    return [(number, output) for number, cell in code_cells(notebook) for output in cell.outputs]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def is_valid(notebook, path):
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield str(error).split("\n")[0]


def ran_in_order(notebook, path):
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}"


def has_clean_outputs(notebook, path):
    for number, output in outputs(notebook):
        if output.output_type == "error":
            yield f"cell {number} shows an error, {output.ename}"
        if output.get("name") == "stderr":
            yield f"cell {number} shows stderr"
        if WIDGET_VIEW in output.get("data", {}):
            yield f"cell {number} shows a widget"


def shows_no_paths(notebook, path):
    for number, output in outputs(notebook):
        text = "\n".join(texts(output))
        if found := ABSOLUTE.search(text) or private_paths(text):
            yield f"cell {number} shows an absolute path, {found}"


def parses(notebook, path):
    for number, cell in code_cells(notebook):
        try:
            tree = ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            yield f"cell {number} is not Python: {error}"
        else:
            if not tree.body:
                yield f"cell {number} holds no code"


def opens(notebook, path):
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not re.match(r"# \S", first.source):
        yield "the first cell is no title"
        return
    wanted = {"You will": r"You will", "minutes": r"\bminutes?\b", "memory in GB": r"\bGB\b", "a question": r"\w\?"}
    wanted |= {f"the {budget} budget": rf"\b{budget}\b" for budget in ("smoke", "lesson", "full")}
    yield from (f"the first cell lacks {what}" for what, form in wanted.items() if not re.search(form, first.source))


def sets_up(notebook, path):
    codes = [cell for _, cell in code_cells(notebook)]
    if tagged(notebook, "setup") != codes[:1] or "course.setup()" not in codes[0].source:
        yield "the first code cell, and only it, is tagged setup and calls course.setup()"


def closes(notebook, path):
    closing = tagged(notebook, "closing")
    if len(closing) != 1 or f'course.record("{path.name[:2]}"' not in closing[0].source:
        yield f'one cell is tagged closing and calls course.record("{path.name[:2]}", ...)'
    if notebook.cells[-1].cell_type != "markdown" or not re.search(r"(?i)\bnext\b", notebook.cells[-1].source):
        yield "the last cell is text that says what comes next"


def is_small(notebook, path):
    if (size := path.stat().st_size) > MOST_BYTES:
        yield f"it has {size} bytes"
    for number, cell in enumerate(notebook.cells, 1):
        if (lines := len(cell.source.splitlines())) > MOST_LINES:
            yield f"cell {number} has {lines} lines"


def was_saved_by_a_run(notebook, path):
    wanted = {"code_sha256": code_hash(notebook), "budget": "lesson", "device": "cpu"}
    if notebook.metadata.get("course") != wanted:
        yield f"its code changed since its outputs were saved: python3 -m helpers run {path.name[:2]} --save"
    if set(notebook.metadata) - {"course", "kernelspec", "language_info"}:
        yield f"its metadata holds {sorted(notebook.metadata)}"
    if notebook.metadata.get("language_info") != {"name": "python"}:
        yield "its metadata names a version of Python"


def has_alt_text(notebook, path):
    """JupyterLab and nbconvert's lab template draw an image/png output without alt text, whatever its metadata say."""
    for number, output in outputs(notebook):
        data = output.get("data", {})
        pictures = re.findall(r"<img\b[^>]*>", data.get("text/html", ""))
        if any(kind.startswith("image/") for kind in data) and not pictures:
            yield f"cell {number} shows a picture that can have no alt text: use helpers.plots.show"
        for picture in pictures:
            alt = re.search(r"""\balt=(["'])(.*?)\1""", picture)
            if not alt or len(html.unescape(alt[2]).split()) < 3:
                yield f"cell {number} shows a picture without alt text"
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown" and re.search(r"!\[\s*\]\(", cell.source):
            yield f"cell {number} holds a picture without alt text"


def headings(path):
    """A page's anchors in lower case: JupyterLab's form (words joined by -) and GitHub's (without punctuation)."""
    found = set()
    for text in prose(path):
        for heading in re.findall(r"^#+ +(.+?)\s*#*$", re.sub(r"(?s)```.*?```", "", text), re.MULTILINE):
            heading = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower()
            found |= {heading.replace(" ", "-"), re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")}
        found |= {name.lower() for name in re.findall(r"""<a (?:id|name)=["']([^"']+)""", text)}
    return found


def prose(path):
    if path.suffix != ".ipynb":
        return [path.read_text(encoding="utf-8")]
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]


def broken_links(path):
    """The relative links of a page that lead nowhere."""
    for text in prose(path):
        text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)
        links = re.findall(r"\]\(<?([^)\s>]+)", text)
        links += re.findall(r"""<(?:img|a)\b[^>]*?(?:src|href)=["']([^"']+)""", text)
        for link in links:
            if re.match(r"[a-z][a-z+.-]*:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            if not target.exists() or ROOT not in (target, *target.parents) and path.is_relative_to(ROOT):
                yield link
            elif anchor and target.suffix in (".md", ".ipynb") and unquote(anchor).lower() not in headings(target):
                yield link


RULES = [
    is_valid, ran_in_order, has_clean_outputs, shows_no_paths, parses, opens, sets_up, closes, is_small,
    was_saved_by_a_run, has_alt_text,
]  # fmt: skip


def test_there_are_lessons_numbered_from_00():
    assert NOTEBOOKS
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{number:02}_" for number in range(len(NOTEBOOKS))]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_form(path, rule):
    assert list(rule(nbformat.read(path, as_version=4), path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    assert list(broken_links(path)) == []


# The rules, tried on a small lesson: each accepts it, and notices what is planted

OPENING = """# 00 Start here
You will measure. Does it work?

| budget | minutes | memory |
|---|---|---|
| smoke, lesson, full | 1 | 1 GB |"""
FIGURE = '<img src="data:image/png;base64,AAAA/tmp/AA" alt="Bars of two &quot;rates&quot;, before and after">'


def lesson():
    figure = new_output("display_data", {"text/html": FIGURE, "text/plain": "Bars"})
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell("from helpers import course\n\ncourse.setup()", metadata={"tags": ["setup"]}),
        new_code_cell("%matplotlib inline\nplot()", outputs=[figure]),
        new_code_cell('course.record("00", {})', metadata={"tags": ["closing"]}),
        new_markdown_cell("## What comes next\nLesson 01."),
    ]
    for count, cell in enumerate(cells[1:4], 1):
        cell.execution_count = count
    notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    notebook.metadata.course = {"code_sha256": code_hash(notebook), "budget": "lesson", "device": "cpu"}
    return notebook


def shown(notebook, output):
    notebook.cells[2].outputs.append(output)


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


PLANTED = [
    (is_valid, lambda n: n.cells[2].update(execution_count="two")),
    (ran_in_order, lambda n: n.cells[2].update(execution_count=7)),
    (ran_in_order, lambda n: n.cells[3].update(execution_count=None)),
    (has_clean_outputs, lambda n: shown(n, new_output("error", ename="ValueError", evalue="hot", traceback=[]))),
    (has_clean_outputs, lambda n: shown(n, stream("careful", "stderr"))),
    (has_clean_outputs, lambda n: shown(n, new_output("display_data", {WIDGET_VIEW: {"model_id": "1"}}))),
    (shows_no_paths, lambda n: shown(n, stream("/home/ada/course"))),
    (shows_no_paths, lambda n: shown(n, stream("in /tmp/abc"))),
    (shows_no_paths, lambda n: shown(n, stream("C:\\Users\\ada"))),
    (shows_no_paths, lambda n: shown(n, stream(str(Path.home())))),
    (shows_no_paths, lambda n: shown(n, new_output("display_data", {"text/html": "<p>/Users/ada</p>"}))),
    (parses, lambda n: n.cells[2].update(source="def f(:")),
    (parses, lambda n: n.cells[2].update(source="# nothing")),
    (opens, lambda n: n.cells[0].update(source=OPENING.replace("# 00", "00"))),
    (opens, lambda n: n.cells[0].update(source=OPENING.replace("You will", "We"))),
    (opens, lambda n: n.cells[0].update(source=OPENING.replace("?", "."))),
    (opens, lambda n: n.cells[0].update(source=OPENING.replace("GB", ""))),
    (opens, lambda n: n.cells[0].update(source=OPENING.replace("smoke", ""))),
    (sets_up, lambda n: n.cells[1].metadata.clear()),
    (sets_up, lambda n: n.cells[1].update(source="from helpers import course")),
    (closes, lambda n: n.cells[3].metadata.clear()),
    (closes, lambda n: n.cells[3].update(source='course.record("01", {})')),
    (closes, lambda n: n.cells.pop()),
    (is_small, lambda n: n.cells[2].update(source="x = 1\n" * 26)),
    (is_small, lambda n: shown(n, stream("x" * 1_000_000))),
    (was_saved_by_a_run, lambda n: n.cells[2].update(source="plot(2)")),
    (was_saved_by_a_run, lambda n: n.metadata.update(widgets={})),
    (was_saved_by_a_run, lambda n: n.metadata.language_info.update(version="3.11.7")),
    (has_alt_text, lambda n: shown(n, new_output("display_data", {"image/png": "AAAA"}, metadata={"alt": "two bars"}))),
    (has_alt_text, lambda n: shown(n, new_output("display_data", {"text/html": "<img src='a.png'>"}))),
    (has_alt_text, lambda n: shown(n, new_output("display_data", {"text/html": "<img src='a.png' alt=''>"}))),
    (has_alt_text, lambda n: n.cells[0].update(source="![](a.png)")),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_accepts_a_good_lesson(rule, tmp_path):
    nbformat.write(lesson(), tmp_path / "00_small.ipynb")
    assert list(rule(lesson(), tmp_path / "00_small.ipynb")) == []


@pytest.mark.parametrize("rule, plant", PLANTED, ids=[rule.__name__ for rule, _ in PLANTED])
def test_a_rule_notices_what_is_planted(rule, plant, tmp_path):
    notebook = copy.deepcopy(lesson())
    plant(notebook)
    path = tmp_path / "00_small.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert list(rule(notebook, path))


def test_every_rule_has_been_seen_to_notice():
    assert {rule for rule, _ in PLANTED} == set(RULES)


@pytest.mark.parametrize("link", ["b.md", "b.md#low-rank", "#the-start", "sub%20folder/", "https://example.org/x#y"])
def test_a_good_link_is_accepted(tmp_path, link):
    page(tmp_path, link)
    assert list(broken_links(tmp_path / "a.md")) == []


@pytest.mark.parametrize("link", ["c.md", "b.md#lora", "#the-end", "images/a.png"])
def test_a_broken_link_is_noticed(tmp_path, link):
    page(tmp_path, link)
    assert list(broken_links(tmp_path / "a.md")) == [link]


def page(folder, link):
    (folder / "a.md").write_text(f"# The start\nSee [it]({link}), not `[x](y.md)`.\n", encoding="utf-8")
    (folder / "b.md").write_text("## Low `rank`\n", encoding="utf-8")
    (folder / "sub folder").mkdir()
