"""Grading: right scores, whatever is handed in; nothing of it does harm; and a second run gives the same bytes."""

import csv
import json
import os
import socket
import sys
import time
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import submitted

from helpers import commands, course, runner, sandbox
from helpers.errors import CourseError
from helpers.grading import lessons, marks, recording, report, submissions, values, worker

CONTAINED = all(sandbox.protections()[name].enforced for name in sandbox.NEEDED)
contained = pytest.mark.skipif(not CONTAINED, reason="hostile code runs only where the sandbox holds it (see `doctor`)")

# A result on its way out of the student's process --------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 2.5, "text", b"\x00\xff", [1, [2, (3,)]], {"a": [1], (1, 2): {3}}, frozenset({1}),
        range(2, 9, 3), Fraction(1, 3), np.float64(0.1), np.int64(7), float("inf"), 10**30,
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back_equal_and_of_its_kind(value):
    back = values.decode(json.loads(json.dumps(values.encode(value))))
    assert back == value and type(back) is type(value)


def test_arrays_and_tensors_come_back_equal():
    import torch

    array = np.array([[0.1, -np.inf], [3, 4]], dtype=np.float32)
    back = values.decode(json.loads(json.dumps(values.encode(array))))
    assert back.dtype == array.dtype and (back == array).all()
    tensor = torch.randn(3, 2, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
    back = values.decode(json.loads(json.dumps(values.encode(tensor))))
    assert back.dtype == tensor.dtype and torch.equal(back, tensor) and back.requires_grad


def test_an_object_comes_back_as_its_type_name_alone():
    class Answer:
        def __reduce__(self):
            raise AssertionError("nothing is pickled")

    back = values.decode(values.encode(Answer()))
    assert type(back).__name__ == "Answer" and not vars(back)


@pytest.mark.parametrize(
    "forged",
    [
        {"module": "os"},
        {"array": ["O", [1], [1]]},
        {"tensor": ["load", [1], [1], False]},
        {"list": 3},
        {"set": [{}]},
        [1],
        {},
    ],
    ids=repr,
)
def test_what_was_not_encoded_is_refused(forged):
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        values.decode(forged)


def test_too_much_is_refused():
    with pytest.raises(ValueError, match="more than any exercise"):
        values.encode(np.zeros(2_000_000))


# A check asked twice -------------------------------------------------------------------------------------------------


def replayed(function, check):
    """What `check` sees when it calls `function` through a recording."""
    recorder = recording.Recorder(function)
    check(recorder)
    replayer = recording.Replayer(json.loads(json.dumps(recorder.calls)))
    return check(replayer)


def test_a_replayed_function_does_what_the_recorded_one_did():
    def answer(numbers, ask, *, fail=False):
        numbers.append(ask(len(numbers)))
        if fail:
            raise KeyError("gone")
        return numbers if numbers[0] == 1 else (number for number in numbers)

    def check(function):
        seen, asked, numbers = [], [], [1, 2]
        seen.append(function(numbers, lambda n: asked.append(n) or 10 * n) is numbers)
        seen.append(list(function([5], lambda n: n)))
        try:
            function(numbers, lambda n: n, fail=True)
        except KeyError as error:
            seen.append((type(error).__name__, str(error)))
        return seen, asked, numbers

    assert replayed(answer, check) == ([True, [5, 1], ("KeyError", "'gone'")], [2], [1, 2, 20, 3])


def test_a_random_generator_and_a_class_of_error_go_through():
    class Odd(ValueError):
        pass

    def answer(rng):
        if rng.random() < 2:
            raise Odd("three")

    def check(function):
        with pytest.raises(ValueError) as caught:
            function(np.random.default_rng(0))
        return type(caught.value).__name__, str(caught.value)

    assert replayed(answer, check) == ("Odd", "three")


def all_answers():
    """(exercise, what, source): of every exercise the solution, the stub and three planted wrong answers."""
    found = []
    for number in runner.lessons():
        solved, stubs = submitted.solutions(number), submitted.stubs(number)
        for exercise in lessons.exercises(number):
            name = exercise["name"]
            found += [(exercise, "solution", solved[name]), (exercise, "stub", stubs[name])]
            for path in sorted((course.ROOT / "tests" / "exercises" / name).glob("*.py"))[:3]:
                found.append((exercise, path.stem, path.read_text(encoding="utf-8")))
    return found


ANSWERS = all_answers()


@pytest.mark.parametrize("exercise, what, source", ANSWERS, ids=[f"{one['name']}-{what}" for one, what, _ in ANSWERS])
def test_the_replayed_verdict_is_the_notebooks_own(exercise, what, source):
    """Asked in this process, without a sandbox."""
    from helpers import checks

    scope = {"__name__": "program"}
    exec("\n".join([*exercise["setup"], source]), scope)
    program = SimpleNamespace(**scope)
    recording.seed()
    direct = recording.verdict(getattr(checks, exercise["check"]), scope.get(exercise["answer"]))
    if exercise["here"]:
        found = recording.judge_here(program, exercise["answer"], exercise["check"])["verdict"]
    else:
        recorded = recording.record(program, exercise["answer"], exercise["check"])
        found = recording.replay(json.loads(json.dumps(recorded)), exercise["check"])
    assert (found is None) == (direct is None) == (what == "solution")
    # Seconds of processor time are never the same.
    assert str(found).split("Yours took")[0] == str(direct).split("Yours took")[0]


# Finding what was handed in ------------------------------------------------------------------------------------------


def test_both_layouts_and_any_file_name(tmp_path):
    graded = lessons.all_lessons()
    submitted.hand_in(tmp_path / "a", "ada", "01", submitted.released("01"))
    submitted.hand_in(tmp_path / "a", "bob", "01", submitted.released("01"), "final (2).ipynb")
    submitted.hand_in(tmp_path / "b" / "submitted", "ada/tokens", "01", submitted.released("01"))
    for layout, count in (("a", 2), ("b", 1)):
        students = submissions.find(tmp_path / layout, graded)
        assert [list(student.notebooks) for student in students] == [["01"]] * count
        assert not any(student.problems for student in students)


def test_two_notebooks_of_one_lesson(tmp_path):
    for name in ("01_tokenization.ipynb", "01_tokenization.new.ipynb"):
        submitted.hand_in(tmp_path, "ada", "01", submitted.released("01"), name)
    for name in ("one.ipynb", "two.ipynb"):
        submitted.hand_in(tmp_path, "bob", "01", submitted.released("01"), name)
    ada, bob = submissions.find(tmp_path, lessons.all_lessons())
    assert ada.notebooks["01"].name == "01_tokenization.ipynb" and "more than once" in ada.problems[0]
    assert not bob.notebooks and "Hand in one of them" in bob.problems[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders, and links need a right there")
def test_links_and_pipes_are_never_opened(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text("{}")
    eve = tmp_path / "in" / "eve"
    eve.mkdir(parents=True)
    (eve / "01_tokenization.ipynb").symlink_to(secret)
    os.mkfifo(eve / "02_inside_the_transformer.ipynb")
    (eve / "03_prompting_and_decoding.ipynb").mkdir()
    (tmp_path / "in" / "mallory").symlink_to(tmp_path)
    (student,) = submissions.find(tmp_path / "in", lessons.all_lessons())
    assert student.name == "eve" and not student.notebooks and len(student.problems) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text(tmp_path):
    for name in (b"caf\xe9", b"caf\xff", b"two\nlines"):
        os.makedirs(os.path.join(os.fsencode(tmp_path / "in"), name, b"sub\xe9"))
        with open(os.path.join(os.fsencode(tmp_path / "in"), name, b"sub\xe9", b"no\xe9.ipynb"), "w") as handle:
            handle.write("{}")
    students = submissions.find(tmp_path / "in", lessons.all_lessons())
    assert [student.name for student in students] == ["caf?", "caf? (2)", "two?lines"]
    report.write(tmp_path, students, [])
    assert len(list((tmp_path / "feedback").iterdir())) == 3


def test_a_folder_that_cannot_be_read_costs_one_student(tmp_path, monkeypatch):
    submitted.hand_in(tmp_path, "ada", "01", submitted.released("01"))
    submitted.hand_in(tmp_path, "eve", "01", submitted.released("01"))
    found = submissions._notebooks

    def refuse(folder):
        if folder.name == "eve":
            raise PermissionError(13, "Permission denied")
        return found(folder)

    monkeypatch.setattr(submissions, "_notebooks", refuse)
    ada, eve = submissions.find(tmp_path, lessons.all_lessons())
    assert list(ada.notebooks) == ["01"] and "cannot be read (Permission denied)" in eve.problems[0]


def test_folders_that_cannot_be_graded(tmp_path):
    with pytest.raises(CourseError, match="is no folder"):
        marks.grade(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(CourseError, match="no student's folder"):
        marks.grade(tmp_path, tmp_path.parent / "out")
    with pytest.raises(CourseError, match="inside the submissions"):
        marks.grade(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_check_of_another_form_is_refused(tmp_path, monkeypatch):
    notebook = submitted.released("00")
    next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")).source = "assert held_share"
    submitted.hand_in(tmp_path, "notebooks", "00", notebook)
    monkeypatch.setattr(course, "ROOT", tmp_path)
    with pytest.raises(CourseError, match="00-held-share-check: a check that can be graded is one line"):
        lessons.exercises("00")


# Grading -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    """Folders: what is handed in, and what must survive it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "sentinel").write_text("untouched")
    return tmp_path


def hostile(kind, number, place, port=9):
    """Every exercise of a lesson answered with the hostile program of that name."""
    told = {"sentinel": str(place / "sentinel"), "folder": str(place / "in"), "notebook": str(runner.notebook(number))}
    programs = {
        one["name"]: submitted.HOSTILE[kind].format(answer=one["answer"], port=port, **told)
        for one in lessons.exercises(number)
    }
    return submitted.answered(number, programs)


def scores(rows):
    found = {}
    for row in rows:
        found[row["student"]] = found.get(row["student"], 0) + row["points"]
    return found


def statuses(rows):
    return {row["student"]: row["status"] for row in rows}


@contained
def test_a_small_class_is_graded_right_twice_and_nothing_changes(place, monkeypatch):
    monkeypatch.setattr(marks, "CPU_SECONDS", 2)
    handed = place / "in"
    solved = submitted.solutions("00")["00-held-share"]
    expected = {"right": "passed", "wrong": "wrong", "blank": "todo", "outside": "wrong", "gone": "missing"}
    submitted.hand_in(handed, "right", "00", submitted.answered("00", {"00-held-share": solved}))
    wrong = {"00-held-share": submitted.planted("00-held-share")}
    submitted.hand_in(handed, "wrong", "00", submitted.answered("00", wrong))
    submitted.hand_in(handed, "blank", "00", submitted.released("00"))
    elsewhere = {"00-held-share": "def held_share(answers):\n    return my_mean(answers)"}
    submitted.hand_in(handed, "outside", "00", submitted.answered("00", elsewhere))
    gone = submitted.released("00")
    gone.cells = [cell for cell in gone.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "00-held-share"]
    submitted.hand_in(handed, "gone", "00", gone)
    for kind, content in submitted.damaged("00"):
        submitted.hand_in(handed, f"damaged, {kind}", "00", content)
        expected[f"damaged, {kind}"] = "unreadable"
    (handed / "=nothing").mkdir()
    for kind, status in {
        "syntax error": "error", "infinite loop": "timeout", "deletes files": "error", "leaves with 0": "error",
        "prints the solution file": "error", "changes the checks": "wrong", "forks": "error",
        "fills the memory": "memory",
    }.items():  # fmt: skip
        submitted.hand_in(handed, kind, "00", hostile(kind, "00", place))
        expected[kind] = status
    before = submitted.listing(place)
    students, rows = marks.grade(handed, place / "out")
    assert statuses(rows) == expected
    assert scores(rows) == {name: int(name == "right") for name in expected}
    messages = {row["student"]: row["message"] for row in rows}
    assert "what the answer needs belongs into that cell" in messages["outside"]
    assert messages["blank"].startswith("Still to do") and "line 1 of the cell" in messages["syntax error"]
    table = (place / "out" / "grades.csv").read_bytes()
    assert [row["points"] for row in csv.DictReader(table.decode().splitlines()) if row["student"] == "right"] == ["1"]
    assert "No notebook was handed in" in (place / "out" / "feedback" / "_nothing.md").read_text()
    assert len(list((place / "out" / "feedback").iterdir())) == len(students) == len(expected) + 1
    again = marks.grade(handed, place / "again")[1]
    assert again == rows and (place / "again" / "grades.csv").read_bytes() == table
    after = submitted.listing(place)
    assert {path: after[path] for path in before} == before
    assert not [path for path in after if path.startswith(str(handed)) and path not in before]
    assert "lesson 00: handed in by" in report.summary(students, rows)


@contained
def test_a_verdict_made_up_in_the_students_process_counts_for_nothing(place):
    """It writes what a recording looks like, and leaves: without the answers, there is nothing in it."""
    forged = "class told:\n    pass\nimport __main__, sys, json\nfor frame in sys._current_frames().values():\n"
    forged += "    while frame:\n        if 'submitted' in frame.f_locals:\n"
    forged += "            frame.f_locals['submitted'].append(json.dumps({'calls': [], 'said': None}).encode())\n"
    forged += "        frame = frame.f_back\ndef held_share(answers):\n    return 0.5\n"
    submitted.hand_in(place / "in", "eve", "00", submitted.answered("00", {"00-held-share": forged}))
    (row,) = marks.grade(place / "in", place / "out")[1]
    assert row["points"] == 0 and row["status"] in ("wrong", "error")


@contained
def test_student_code_runs_as_another_user_where_that_is_possible(place):
    user = marks.other_user()
    if user is None:
        pytest.skip("only root can start a process as another user, and that user must be able to start this Python")
    asks = {"00-held-share": "import os\ndef held_share(answers):\n    raise ValueError(os.getuid())"}
    submitted.hand_in(place / "in", "ada", "00", submitted.answered("00", asks))
    (row,) = marks.grade(place / "in", place / "out")[1]
    assert str(user) in row["message"] and user != os.getuid()


@contained
def test_cells_that_were_split_or_copied_count_as_run_all_would(place):
    solved = submitted.solutions("00")["00-held-share"]
    notebook = submitted.answered("00", {"00-held-share": "def held_share(answers):\n    return 7"})
    index = next(i for i, c in enumerate(notebook.cells) if c.metadata.get("nbgrader", {}).get("solution"))
    second = notebook.cells[index].copy()
    second["source"], second["id"] = solved, "second"
    notebook.cells.insert(index + 1, second)
    submitted.hand_in(place / "in", "ada", "00", notebook)
    (row,) = marks.grade(place / "in", place / "out")[1]
    assert row["status"] == "passed"


@contained
def test_a_lesson_that_was_asked_for_and_not_handed_in(place):
    submitted.hand_in(place / "in", "ada", "00", submitted.released("00"))
    rows = marks.grade(place / "in", place / "out", only=["01"])[1]
    assert {row["status"] for row in rows} == {"not handed in"} and len(rows) == 3


def test_setup_and_check_of_a_submission_do_not_count(place):
    """Whatever stands in the other cells of a submission, the course's own cells are what runs."""
    notebook = submitted.released("00")
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "raise SystemExit('this cell was changed')"
    solved = submitted.solutions("00")
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in solved:
            cell.source = solved["00-held-share"]
    submitted.hand_in(place / "in", "ada", "00", notebook)
    (row,) = marks.grade(place / "in", place / "out")[1]
    assert row["status"] == "passed"


def test_a_worker_that_dies_costs_its_submission_alone(place, monkeypatch):
    monkeypatch.setattr(marks, "_start", lambda *args: worker_that_exits())
    submitted.hand_in(place / "in", "ada", "00", submitted.released("00"))
    (row,) = marks.grade(place / "in", place / "out")[1]
    assert (row["points"], row["status"]) == (0, "grader") and "Nothing else was affected" in row["message"]


def worker_that_exits():
    import subprocess

    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


# What is written -----------------------------------------------------------------------------------------------------


def test_a_message_is_plain_text_on_one_line():
    said = worker.plain("a  b <function f at 0x7f00abc>\n\x1b[31mred\x00 " + "x" * 1000)
    assert said.startswith("a  b <function f>  [31mred") and len(said) == worker.LONGEST and said.isprintable()


def test_the_files_hold_nothing_that_a_program_would_execute(tmp_path):
    student = submissions.Student("=HYPERLINK(1)", problems=["a`b"])
    same_name = submissions.Student("_HYPERLINK_1_")
    row = {"student": student.name, "lesson": "00", "exercise": "00-x", "points": 0, "of": 1, "status": "wrong"}
    report.write(tmp_path, [student, same_name], [row | {"message": "@SUM ```\n<script>"}])
    (found,) = csv.DictReader((tmp_path / "grades.csv").read_text().splitlines())
    assert found["student"] == "'=HYPERLINK(1)" and found["message"].startswith("'@SUM")
    texts = {path.name: path.read_text() for path in (tmp_path / "feedback").iterdir()}
    assert set(texts) == {"_HYPERLINK_1_.md", "_HYPERLINK_1_-2.md"}
    assert texts["_HYPERLINK_1_.md"].count("```") == 2


def test_the_command_says_what_it_did(place, capsys, monkeypatch):
    monkeypatch.setattr(commands.environment, "ensure", lambda cpu: sys.executable)
    submitted.hand_in(place / "in", "ada", "00", submitted.released("00"))
    assert commands.main(["grade", str(place / "in"), "--out", str(place / "out"), "--lesson", "0"]) == 0
    said = capsys.readouterr().out
    assert "1 still to do" in said or "1 todo" in said
    assert str(place / "out") in said and (place / "out" / "grades.csv").exists()
    assert commands.main(["grade", str(place / "in"), "--lesson", "77"]) == 1
    assert "There is no lesson 77" in capsys.readouterr().err


# The whole class -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@contained
def test_thirty_submissions(place):
    """Lesson 01 of thirty students, every hostile kind among them: right scores in 15 minutes, and nothing harmed."""
    number, handed = "01", place / "in"
    solved = submitted.solutions(number)
    names = list(solved)
    half = {names[0]: solved[names[0]], names[1]: submitted.planted(names[1])}
    expected = {}
    for kind in submitted.HOSTILE:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        submitted.hand_in(handed, kind, number, hostile(kind, number, place, port))
        expected[kind] = 0
    for kind, content in submitted.damaged(number):
        submitted.hand_in(handed, f"damaged, {kind}", number, content)
        expected[f"damaged, {kind}"] = 0
    good = [("right", solved, 3), ("half right", half, 1), ("blank", {}, 0)]
    for index in range(30 - len(expected)):
        kind, answers, points = good[index % 3]
        submitted.hand_in(handed, f"student {index}, {kind}", number, submitted.answered(number, answers))
        expected[f"student {index}, {kind}"] = points
    assert len(expected) == 30
    before, running = submitted.listing(place), submitted.processes()
    started = time.monotonic()
    rows = marks.grade(handed, place / "out")[1]
    minutes = (time.monotonic() - started) / 60
    assert scores(rows) == expected
    assert minutes <= 15, f"{minutes:.1f} minutes"
    after = submitted.listing(place)
    assert {path: after[path] for path in before} == before
    assert submitted.processes() <= running
    marks.grade(handed, place / "again")
    for path in (place / "out").rglob("*"):
        if path.is_file():
            assert (place / "again" / path.relative_to(place / "out")).read_bytes() == path.read_bytes()
    print(f"30 submissions in {minutes:.1f} minutes")
