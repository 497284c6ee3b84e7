"""What a class is handed: no solution, no output, nothing for teachers; and nobody's work is ever overwritten."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
import submitted

from helpers import commands, course, learn, release, runner, slides
from helpers.errors import CourseError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with lessons 00 and 01, and a folder to release into."""
    folder = tmp_path / "project" / "notebooks"
    folder.mkdir(parents=True)
    for number in ("00", "01"):
        path = runner.notebook(number)
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "GLOSSARY.md").write_text("# Glossary\n")
    (folder / "TEACHING.md").write_text("# For teachers\n")
    monkeypatch.setattr(course, "ROOT", tmp_path / "project")
    return tmp_path


def change(path, line):
    """Change the first text cell of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += f"\n\n{line}"
    nbformat.write(notebook, path)


def test_a_release_has_every_exercise_and_no_solution(project):
    done = release.release(project / "class")
    assert done[0] == "New: class/00_start_here.ipynb" and "2 lessons with 4 exercises" in done[-1]
    names = sorted(p.name for p in (project / "class").iterdir() if not p.name.startswith("."))
    assert names == ["00_start_here.ipynb", "01_tokenization.ipynb", "GLOSSARY.md"]
    for name in names[:2]:
        text = (project / "class" / name).read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert "BEGIN SOLUTION" not in text and '"outputs": []' in text
        assert not any(cell.get("outputs") for cell in notebook.cells)
        stubs = [cell for cell in notebook.cells if learn.is_solution(cell)]
        assert stubs and all(learn.STUB in cell.source for cell in stubs)
        for cell in stubs:
            solution = submitted.solutions(name[:2])[cell.metadata.nbgrader.grade_id]
            body = solution.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
            assert not set(filter(None, map(str.strip, body.splitlines()))) & set(
                map(str.strip, cell.source.splitlines())
            )


def test_an_edited_copy_survives_an_update_and_a_fresh_one_can_be_had(project):
    out = project / "class"
    release.release(out)
    assert release.release(out)[:-1] == []
    change(out / "00_start_here.ipynb", "My notes")
    change(project / "project" / "notebooks" / "00_start_here.ipynb", "Better")
    change(project / "project" / "notebooks" / "01_tokenization.ipynb", "Better")
    done = release.release(out)
    assert "stays as it is" in done[0] and "class/00_start_here.new.ipynb" in done[0]
    assert done[1] == "Updated: class/01_tokenization.ipynb"
    assert "My notes" in (out / "00_start_here.ipynb").read_text(encoding="utf-8")
    assert "Better" in (out / "00_start_here.new.ipynb").read_text(encoding="utf-8")
    (out / "00_start_here.ipynb").rename(out / "mine.ipynb")
    assert release.release(out)[0] == "Made again: class/00_start_here.ipynb"
    assert "Better" in (out / "00_start_here.ipynb").read_text(encoding="utf-8")
    assert "My notes" in (out / "mine.ipynb").read_text(encoding="utf-8")


def test_learners_get_no_teaching_guide(project):
    learn.update()
    assert not (project / "project" / "learn" / "TEACHING.md").exists()


@pytest.mark.parametrize("place", ["file", "project", "project/notebooks", "project/notebooks/class"])
def test_a_folder_that_cannot_be(project, place):
    (project / "file").write_text("")
    with pytest.raises(CourseError, match="Give a"):
        release.release(project / place)


def test_a_solution_that_is_not_marked_stops_the_release(project):
    path = project / "project" / "notebooks" / "01_tokenization.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("### BEGIN SOLUTION", "### BEGIN"), encoding="utf-8")
    with pytest.raises(CourseError, match="malformed solution region"):
        release.release(project / "class")


def test_nbgrader_accepts_the_released_copies(project):
    """Every graded cell has the metadata it needs, and no name comes twice."""
    from jsonschema import ValidationError
    from nbgrader.preprocessors import CheckCellMetadata

    release.release(project / "class")
    for path in (project / "class").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        assert CheckCellMetadata().preprocess(notebook, {})[0] == notebook
        notebook.cells += [cell for cell in notebook.cells if learn.is_solution(cell)]
        with pytest.raises(ValidationError, match="corrupted"):
            CheckCellMetadata().preprocess(notebook, {})


def test_the_commands(project, capsys, monkeypatch):
    monkeypatch.setattr(commands.environment, "ensure", lambda cpu: sys.executable)
    assert commands.main(["release", str(project / "class")]) == 0
    assert "New: class/01_tokenization.ipynb" in capsys.readouterr().out
    monkeypatch.setattr(course, "RUNS", project / "runs")
    assert commands.main(["slides", "1"]) == 0
    assert "01-slides.html" in capsys.readouterr().out and (project / "runs" / "01-slides.html").exists()
    assert commands.main(["slides", "1", "--reveal", str(project)]) == 1
    assert "has no dist/reveal.css" in capsys.readouterr().err


def test_the_teaching_guide_leads_to_every_lesson():
    """Its links lead somewhere, its headings too; and every lesson that is there has its place in it."""
    folder = course.ROOT / "notebooks"
    text = (folder / "TEACHING.md").read_text(encoding="utf-8")
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 20
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (folder / link).exists(), link
    for number in runner.lessons():
        assert runner.notebook(number).name in links or int(number) > 10, number
    exercises = [name for number in ("00", "01", "02", "03", "04") for name in submitted.solutions(number)]
    assert len(exercises) == 13 and text.count("(tried)") == 5


# Slides --------------------------------------------------------------------------------------------------------------


def lesson(number):
    return nbformat.read(runner.notebook(number), as_version=4)


@pytest.mark.parametrize("number", runner.lessons())
def test_headings_begin_slides_and_solutions_are_not_shown(number):
    notebook = lesson(number)
    shown = slides.marked(notebook)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    wanted = sum(len(re.findall(r"(?m)^##? \S", re.sub(r"(?s)```.*?```", "", text))) for text in texts)
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in shown.cells]
    assert kinds[0] == "slide" and kinds.count("slide") == wanted >= 6
    assert "".join(cell.source for cell in shown.cells if cell.cell_type == "markdown") == "".join(texts)
    code = [cell for cell in shown.cells if cell.cell_type == "code"]
    for before, cell in zip((c for c in notebook.cells if c.cell_type == "code"), code, strict=True):
        if learn.is_solution(before):
            assert learn.STUB in cell.source and "BEGIN SOLUTION" not in cell.source and not cell.outputs
    assert "slideshow" not in json.dumps(notebook)  # the lesson itself stays as it is


def test_a_slide_show_of_a_lesson(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "RUNS", tmp_path / "runs")
    assert "needs the network, for reveal.js" in slides.make("00")
    page = (tmp_path / "runs" / "00-slides.html").read_text(encoding="utf-8")
    fetched = re.findall(r'<(?:script|link)[^>]*(?:src|href)="(http[^"]*)"', page)
    assert len(fetched) == 4 and all("reveal" in address for address in fetched)
    assert page.count("<section>") > 10 and "BEGIN SOLUTION" not in page and "Reveal.initialize" in page


def test_with_a_copy_of_reveal_the_page_fetches_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "RUNS", tmp_path / "runs")
    files = {
        "dist/reveal.css": ".one{}",
        "dist/theme/simple.css": "@import url(https://fonts.example/a);.two{}",
        "dist/reveal.js": "window.Reveal = '</script>'",
        "plugin/notes/notes.js": "window.RevealNotes = {}",
    }
    for name, content in files.items():
        (tmp_path / "reveal" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "reveal" / name).write_text(content)
    assert "needs no network" in slides.make("00", tmp_path / "reveal")
    page = (tmp_path / "runs" / "00-slides.html").read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?!data:)', page) and "@import url(http" not in page
    assert "<style>.one{}</style>" in page and r"window.Reveal = '<\/script>'" in page
    (tmp_path / "reveal" / "plugin" / "notes" / "notes.js").unlink()
    with pytest.raises(CourseError, match="has no plugin/notes/notes.js"):
        slides.make("00", tmp_path / "reveal")


def test_nothing_heavy_is_imported_by_the_command_line():
    code = "import sys, helpers.commands; assert not {'nbformat', 'nbconvert', 'numpy', 'torch'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=release.__file__.rsplit("helpers", 1)[0]).returncode == 0
