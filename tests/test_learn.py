"""The learner's copies: made without solutions, brought up to date, never overwritten."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers import course, learn
from helpers.errors import CourseError

SOLUTION = """def pass_rate(outcomes):
    ### BEGIN SOLUTION
    return sum(outcomes) / len(outcomes)
    ### END SOLUTION"""


def graded(**changes):
    return {"nbgrader": {"schema_version": 3, "grade_id": "00-pass-rate", "locked": False, "task": False, **changes}}


def lesson(text="Hello", solution=SOLUTION):
    solve = new_code_cell(solution, metadata=graded(solution=True, grade=False), id="solve")
    check = new_code_cell(
        "checks.pass_rate(pass_rate)",
        metadata=graded(solution=False, grade=True, locked=True, points=1, grade_id="00-pass-rate-check"),
        id="check",
    )
    show = new_code_cell("1 + 1", execution_count=3, outputs=[new_output("stream", text="2\n")], id="show")
    cells = [new_markdown_cell(f"# {text}", id="text"), show, solve, check]
    return new_notebook(cells=cells, metadata={"course": {"code_sha256": "0" * 64}})


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "ROOT", tmp_path)
    write(tmp_path / "notebooks" / "00_start_here.ipynb", lesson())
    return tmp_path


def write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def edit(path, source):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-2].source = source
    nbformat.write(notebook, path)


def copies(project):
    return sorted(p.name for p in (project / "learn").iterdir() if not p.name.startswith("."))


def test_a_copy_has_no_solution_no_output_and_still_runs(project):
    assert learn.update() == ["New: learn/00_start_here.ipynb"]
    copy = nbformat.read(project / "learn" / "00_start_here.ipynb", as_version=4)
    assert "sum(" not in copy.cells[2].source and "SOLUTION" not in copy.cells[2].source
    scope = {}
    exec(copy.cells[2].source, scope)
    assert scope["pass_rate"]([1, 0]) is None
    assert all(cell.outputs == [] and cell.execution_count is None for cell in copy.cells if cell.cell_type == "code")
    assert copy.cells[3].metadata.nbgrader.grade_id == "00-pass-rate-check"
    assert "course" not in copy.metadata


def test_a_second_call_does_nothing_and_is_fast(project):
    learn.update()
    before = {p: p.stat().st_mtime_ns for p in (project / "learn").iterdir()}
    started = time.monotonic()
    assert learn.update() == []
    assert time.monotonic() - started < 0.3
    assert {p: p.stat().st_mtime_ns for p in (project / "learn").iterdir()} == before


def test_nothing_heavy_is_imported_when_nothing_changed(project):
    learn.update()
    code = (
        "import sys, pathlib; from helpers import course, learn; course.ROOT = pathlib.Path(sys.argv[1]);"
        "assert learn.update() == []; assert not {'nbgrader', 'nbconvert', 'nbformat', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(project)], cwd=Path(__file__).parents[1])
    assert done.returncode == 0


def test_an_untouched_copy_follows_its_lesson(project):
    learn.update()
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Better"))
    assert learn.update() == ["Updated: learn/00_start_here.ipynb"]
    assert "Better" in (project / "learn" / "00_start_here.ipynb").read_text(encoding="utf-8")
    assert copies(project) == ["00_start_here.ipynb"]


def test_opening_a_copy_in_jupyter_is_not_work(project):
    learn.update()
    copy = project / "learn" / "00_start_here.ipynb"
    content = json.loads(copy.read_text(encoding="utf-8"))
    content["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    copy.write_text(json.dumps(content), encoding="utf-8")
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Better"))
    assert learn.update() == ["Updated: learn/00_start_here.ipynb"]


def test_new_outputs_in_a_lesson_change_no_copy(project):
    learn.update()
    changed = lesson()
    changed.cells[1].outputs[0].text = "3\n"
    write(project / "notebooks" / "00_start_here.ipynb", changed)
    assert learn.update() == []


def test_work_is_kept_and_the_new_version_is_named(project):
    learn.update()
    copy = project / "learn" / "00_start_here.ipynb"
    edit(copy, "def pass_rate(outcomes):\n    return 'mine'")
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Better"))
    (sentence,) = learn.update()
    assert "learn/00_start_here.new.ipynb" in sentence
    assert "'mine'" in copy.read_text(encoding="utf-8")
    assert "Better" in (project / "learn" / "00_start_here.new.ipynb").read_text(encoding="utf-8")
    assert learn.update() == []

    # A newer version replaces an untouched .new, and goes beside one that has work in it.
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Best"))
    assert "learn/00_start_here.new.ipynb" in learn.update()[0]
    edit(project / "learn" / "00_start_here.new.ipynb", "def pass_rate(outcomes):\n    return 'also mine'")
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Final"))
    assert "learn/00_start_here.new2.ipynb" in learn.update()[0]
    assert copies(project) == ["00_start_here.ipynb", "00_start_here.new.ipynb", "00_start_here.new2.ipynb"]
    assert "'also mine'" in (project / "learn" / "00_start_here.new.ipynb").read_text(encoding="utf-8")


def test_work_is_kept_when_the_record_is_lost_or_broken(project):
    learn.update()
    edit(project / "learn" / "00_start_here.ipynb", "def pass_rate(outcomes):\n    return 'mine'")
    (project / "learn" / ".made.json").write_text('{"00_start', encoding="utf-8")
    assert "00_start_here.new.ipynb" in learn.update()[0]
    assert "'mine'" in (project / "learn" / "00_start_here.ipynb").read_text(encoding="utf-8")


def test_a_notebook_broken_by_hand_counts_as_work(project):
    learn.update()
    copy = project / "learn" / "00_start_here.ipynb"
    copy.write_text("not json", encoding="utf-8")
    write(project / "notebooks" / "00_start_here.ipynb", lesson("Better"))
    assert "new.ipynb" in learn.update()[0]
    assert copy.read_text(encoding="utf-8") == "not json"


def test_a_deleted_copy_and_a_new_lesson_are_made(project):
    learn.update()
    (project / "learn" / "00_start_here.ipynb").unlink()
    write(project / "notebooks" / "01_tokens.ipynb", lesson("Tokens"))
    assert learn.update() == ["Made again: learn/00_start_here.ipynb", "New: learn/01_tokens.ipynb"]


def test_files_beside_the_lessons_are_copied(project):
    (project / "notebooks" / "images").mkdir()
    (project / "notebooks" / "GLOSSARY.md").write_bytes(b"# Glossary\n")
    (project / "notebooks" / "images" / "a.png").write_bytes(b"\x89PNG\r\n\x00\xff")
    (project / "notebooks" / ".ipynb_checkpoints").mkdir()
    (project / "notebooks" / ".ipynb_checkpoints" / "00_start_here-checkpoint.ipynb").write_text("{}")
    learn.update()
    assert (project / "learn" / "images" / "a.png").read_bytes() == b"\x89PNG\r\n\x00\xff"
    assert copies(project) == ["00_start_here.ipynb", "GLOSSARY.md", "images"]


@pytest.mark.parametrize(
    "source",
    [
        SOLUTION.replace("    ### END SOLUTION", ""),
        SOLUTION.replace("    ### BEGIN SOLUTION\n", ""),
        SOLUTION.replace("### BEGIN SOLUTION", "### BEGIN SOLUTION\n    ### BEGIN SOLUTION"),
        "def pass_rate(outcomes):\n    return 1",
        "x = (\n    ### BEGIN SOLUTION\n    1)\n    ### END SOLUTION",
    ],
    ids=["no end", "no beginning", "nested", "no region", "not Python when stripped"],
)
def test_a_malformed_region_fails_loudly(project, source):
    write(project / "notebooks" / "00_start_here.ipynb", lesson(solution=source))
    with pytest.raises(CourseError, match=r"00_start_here\.ipynb has a malformed solution region"):
        learn.update()
    assert copies(project) == []


def test_a_region_outside_a_solution_cell_fails_loudly(project):
    notebook = lesson()
    notebook.cells[2].metadata = {}
    write(project / "notebooks" / "00_start_here.ipynb", notebook)
    with pytest.raises(CourseError, match="malformed"):
        learn.update()


CALL = "import sys, pathlib; from helpers import course, learn; course.ROOT = pathlib.Path(sys.argv[1]); learn.update()"


def call(project):
    return subprocess.Popen(
        [sys.executable, "-c", CALL, str(project)], cwd=Path(__file__).parents[1], stderr=subprocess.PIPE
    )


def test_two_calls_at_once(project):
    for number in range(1, 5):
        write(project / "notebooks" / f"0{number}_more.ipynb", lesson(str(number)))
    both = [call(project), call(project)]
    assert [(process.wait(60), process.stderr.close())[0] for process in both] == [0, 0]
    assert len(copies(project)) == 5
    assert learn.update() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_at_any_moment_leaves_nothing_broken(project):
    for number in range(1, 9):
        write(project / "notebooks" / f"0{number}_more.ipynb", lesson(str(number)))
    learn.update()
    edit(project / "learn" / "03_more.ipynb", "def pass_rate(outcomes):\n    return 'mine'")
    for number in range(1, 9):
        write(project / "notebooks" / f"0{number}_more.ipynb", lesson(f"{number} again"))
    killed = 0
    for moment in (1, 2, 5, 8):  # after this many files were written
        code = CALL.replace(
            "learn.update()",
            "real = learn.write_bytes; left = [int(sys.argv[2])]\n"
            "def write(*args):\n"
            "    real(*args); left[0] -= 1\n"
            "    if not left[0]: import os; os.kill(os.getpid(), 9)\n"
            "learn.write_bytes = write; learn.update()",
        )
        root = Path(__file__).parents[1]
        done = subprocess.run([sys.executable, "-c", code, str(project), str(moment)], cwd=root)
        killed += done.returncode == -signal.SIGKILL
    assert killed >= 2
    learn.update()
    assert learn.update() == []
    assert copies(project) == sorted(
        ["00_start_here.ipynb", *(f"0{n}_more.ipynb" for n in range(1, 9)), "03_more.new.ipynb"]
    )
    assert "'mine'" in (project / "learn" / "03_more.ipynb").read_text(encoding="utf-8")
    for number in (1, 2, 4, 8):
        assert f"{number} again" in (project / "learn" / f"0{number}_more.ipynb").read_text(encoding="utf-8")
