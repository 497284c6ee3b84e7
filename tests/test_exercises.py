"""Every exercise in every lesson: its solution passes, its stub says what to do, and planted wrong answers are named.

Nothing but the cells tagged `exercise-setup` runs before an exercise, so no model is needed. The wrong answers are in
tests/exercises/<grade_id>/*.py: each replaces the solution cell, and begins with `# expect: words in the message`.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import learn
from helpers.checks import CheckFailed

ROOT = Path(__file__).resolve().parents[1]
PLANTED = ROOT / "tests" / "exercises"


@dataclass(frozen=True)
class Exercise:
    """One exercise as sources: what runs before it, the solution, the learner's stub, the check, the description."""

    name: str
    setup: tuple
    solution: str
    stub: str
    check: str
    text: str


def exercises(path):
    """The exercises of a lesson. Fails where a solution has no check after it."""
    notebook = nbformat.read(path, as_version=4)
    stubs = learn.stripped(notebook, path.name).cells
    setup, found = [], []
    for index, cell in enumerate(notebook.cells):
        if "exercise-setup" in cell.metadata.get("tags", []):
            setup.append(cell.source)
        if learn.is_solution(cell):
            name = cell.metadata.nbgrader.grade_id
            text, after = around(notebook.cells, index)
            assert after is not None, f"{name} has no check cell after it"
            marks = after.metadata.get("nbgrader", {})
            assert marks.get("grade_id") == f"{name}-check", f"after {name} comes {marks.get('grade_id')}"
            assert marks.get("grade") and marks.get("locked") and not marks.get("solution"), f"{name}-check"
            assert marks.get("points", 0) > 0, f"{name}-check gives no points"
            assert name.startswith(path.name[:2] + "-"), f"{name} does not begin with its lesson's number"
            found.append(Exercise(name, tuple(setup), cell.source, stubs[index].source, after.source, text))
    return found


def around(cells, index):
    """The prose right before and after cell `index`, and the next code cell (None at the end)."""
    prose, after = [], None
    for cell in reversed(cells[:index]):
        if cell.cell_type != "markdown":
            break
        prose.insert(0, cell.source)
    for cell in cells[index + 1 :]:
        if cell.cell_type == "code":
            after = cell
            break
        prose.append(cell.source)
    return "\n\n".join(prose), after


def message(exercise, answer, monkeypatch, grading=True):
    """What the check raises about the source `answer` where COURSE_GRADING=1; None if it passes."""
    monkeypatch.setenv("COURSE_GRADING", "1" if grading else "0")
    scope = {"__name__": "__main__"}
    for source in (*exercise.setup, answer):
        exec(TransformerManager().transform_cell(source), scope)
    try:
        exec(TransformerManager().transform_cell(exercise.check), scope)
    except CheckFailed as failed:
        return str(failed)
    return None


def untold(exercise):
    """What the description of an exercise lacks."""
    wanted = {
        "minutes": r"\d+ minutes?",
        "difficulty": r"(?i)difficulty",
        "a collapsed hint": r"(?s)<details>\s*<summary>.+?</summary>.+?</details>",
    }
    return [name for name, pattern in wanted.items() if not re.search(pattern, exercise.text)]


def planted(exercise, folder=PLANTED):
    """(name, source, expected words) of each wrong answer planted for an exercise."""
    found = []
    for path in sorted((folder / exercise.name).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        first = re.match(r"# expect: (.+)", source)
        assert first, f"{path} does not begin with `# expect: words in the message`"
        found.append((path.name, source, first[1].strip()))
    return found


@cache
def all_exercises():
    return [exercise for path in sorted((ROOT / "notebooks").glob("*.ipynb")) for exercise in exercises(path)]


def test_there_are_exercises_with_names_of_their_own():
    names = [exercise.name for exercise in all_exercises()]
    assert names
    assert len(set(names)) == len(names)


each = pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.name)


@each
def test_the_solution_passes(exercise, monkeypatch, capsys):
    assert message(exercise, exercise.solution, monkeypatch) is None
    assert "Well done" in capsys.readouterr().out


@each
def test_the_stub_says_what_is_to_do(exercise, monkeypatch, capsys):
    said = message(exercise, exercise.stub, monkeypatch)
    assert said and said.startswith("Still to do: ")
    # Where nobody grades, the same is printed, and Run All goes on.
    assert message(exercise, exercise.stub, monkeypatch, grading=False) is None
    assert said in capsys.readouterr().out


@each
def test_planted_wrong_answers_are_named(exercise, monkeypatch):
    wrong = planted(exercise)
    assert wrong, f"plant a wrong answer in tests/exercises/{exercise.name}/"
    for name, source, words in wrong:
        said = message(exercise, source, monkeypatch)
        assert said is not None, f"{name} passes"
        assert words.lower() in said.lower(), f"{name}: {said}"


ACCEPTED = sorted(PLANTED.glob("*/accepted/*.py"))


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: f"{path.parts[-3]}, {path.stem}")
def test_right_answers_that_differ_from_the_solution_pass(path, monkeypatch):
    """A weight on a border may go either way, for one."""
    (exercise,) = (each for each in all_exercises() if each.name == path.parts[-3])
    assert message(exercise, path.read_text(encoding="utf-8"), monkeypatch) is None


@each
def test_the_exercise_is_described(exercise):
    assert untold(exercise) == []


# The tests above, tried on a small lesson


# What a check looks like. Here the lesson holds it; lessons have theirs in helpers/checks.py.
SETUP = """
import statistics
from helpers.checks import check, require, require_close

@check("write `pass_rate`: the share of outcomes that are true.")
def check_it(answer):
    require(answer([True, True]) != 2, "this is the number of passes; divide by how many outcomes there are.")
    require_close(answer([True, False]), 0.5, "One pass in two outcomes is a half.")
"""
SOLUTION = """def pass_rate(outcomes):
    ### BEGIN SOLUTION
    return statistics.mean(outcomes)
    ### END SOLUTION"""


def lesson(**changes):
    graded = {"schema_version": 3, "locked": False, "task": False, "solution": True, "grade": False}
    checked = graded | {"locked": True, "solution": False, "grade": True, "points": 1}
    sources = {
        "text": "### Exercise\n5 minutes, difficulty 1 of 3.\n<details><summary>Hint</summary>\n\n`sum`</details>",
        "setup": SETUP,
        "solution": SOLUTION,
        "check": "check_it(pass_rate)",
    } | changes
    cells = [
        new_code_cell("raise RuntimeError('a model would be loaded here')"),
        new_code_cell(sources["setup"], metadata={"tags": ["exercise-setup"]}),
        new_markdown_cell(sources["text"]),
        new_code_cell(sources["solution"], metadata={"nbgrader": graded | {"grade_id": "00-pass-rate"}}),
        new_code_cell(sources["check"], metadata={"nbgrader": checked | {"grade_id": "00-pass-rate-check"}}),
    ]
    return new_notebook(cells=cells)


@pytest.fixture
def small(tmp_path):
    nbformat.write(lesson(), tmp_path / "00_small.ipynb")
    (exercise,) = exercises(tmp_path / "00_small.ipynb")
    return exercise


def test_a_good_exercise_is_good(small, monkeypatch):
    assert small.name == "00-pass-rate" and "statistics.mean" not in small.stub
    assert message(small, small.solution, monkeypatch) is None
    said = message(small, small.stub, monkeypatch)
    assert said == (
        "Still to do: write `pass_rate`: the share of outcomes that are true. "
        "So far there is no answer: a function needs a `return`."
    )
    assert untold(small) == []


@pytest.mark.parametrize(
    "answer, words",
    [
        ("def pass_rate(outcomes): return sum(outcomes)", "Not yet: this is the number of passes"),
        ("def pass_rate(outcomes): return 1", "Yours gives 1; it should give 0.5"),
        ("def pass_rate(outcomes): return 'half'", "Yours gives 'half'"),
        ("def pass_rate(outcomes): return outcome", "your code raised NameError: name 'outcome'"),
        ("def pass_rate(): return 1", "your code raised TypeError"),
        ("def pass_rate(outcomes): sum(outcomes) / len(outcomes)", "a function needs a `return`"),
        ("pass_rate = None", "Still to do"),
    ],
)
def test_a_wrong_answer_gets_its_message(small, monkeypatch, answer, words):
    assert words in message(small, answer, monkeypatch)


def test_a_check_prints_where_nobody_grades(small, monkeypatch, capsys):
    assert message(small, "def pass_rate(outcomes): return 1", monkeypatch, grading=False) is None
    assert capsys.readouterr().out.startswith("Not yet: One pass in two outcomes is a half.")


def test_a_bare_description_is_noticed(small, tmp_path):
    nbformat.write(lesson(text="### Exercise"), tmp_path / "00_bare.ipynb")
    (bare,) = exercises(tmp_path / "00_bare.ipynb")
    assert untold(bare) == ["minutes", "difficulty", "a collapsed hint"]


def test_a_solution_without_its_check_is_noticed(tmp_path):
    notebook = lesson()
    del notebook.cells[-1]
    nbformat.write(notebook, tmp_path / "00_unchecked.ipynb")
    with pytest.raises(AssertionError, match="no check cell"):
        exercises(tmp_path / "00_unchecked.ipynb")


def test_planted_answers_are_read_with_their_words(small, tmp_path):
    (tmp_path / small.name).mkdir()
    path = tmp_path / small.name / "count.py"
    path.write_text("# expect: number of passes\ndef pass_rate(outcomes): return sum(outcomes)\n", encoding="utf-8")
    ((name, _, words),) = planted(small, tmp_path)
    assert (name, words) == ("count.py", "number of passes")
    path.write_text("def pass_rate(outcomes): return sum(outcomes)\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="does not begin"):
        planted(small, tmp_path)
