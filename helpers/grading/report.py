"""What grading writes: grades.csv for the instructor, one Markdown file of feedback for each student."""

import csv
import io
import re
from collections import Counter

from helpers.files import write_text

COLUMNS = ("student", "lesson", "exercise", "points", "of", "status", "message")
NOTES = {
    "passed": "passed",
    "wrong": "not yet right",
    "todo": "still to do",
    "missing": "its cell is missing",
    "unreadable": "the notebook cannot be read",
    "not handed in": "not handed in",
    "error": "the code does not run",
    "timeout": "it took too long",
    "memory": "it needs too much memory",
    "output": "it wrote too much",
    "killed": "it was ended by the system",
    "grader": "it could not be graded",
}


def write(out, students, rows):
    """Write grades.csv and feedback/ into the folder `out`: the same rows give the same bytes.

    rows: dicts with COLUMNS. students: all of them, those without a row too.
    """
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row[name]) for name in COLUMNS})
    write_text(out / "grades.csv", table.getvalue())
    used = set()
    for student in students:
        own = [row for row in rows if row["student"] == student.name]
        write_text(out / "feedback" / f"{_file_name(student.name, used)}.md", feedback(student, own))


def _cell(value):
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _file_name(name, used):
    """A student's name as a file name of its own: letters, digits, dots and dashes."""
    safe = re.sub(r"[^\w.-]", "_", name)[:100].strip(".") or "student"
    number, unique = 1, safe
    while unique.lower() in used:
        number += 1
        unique = f"{safe}-{number}"
    used.add(unique.lower())
    return unique


def feedback(student, rows):
    """One student's feedback, in Markdown. What a student can influence stands in code blocks, as it is."""
    lines = [f"# Feedback for {_plain_name(student.name)}", ""]
    if student.problems:
        lines += ["What was handed in:", "", *(f"- {_code(problem)}" for problem in student.problems), ""]
    for lesson in dict.fromkeys(row["lesson"] for row in rows):
        own = [row for row in rows if row["lesson"] == lesson]
        got, of = sum(row["points"] for row in own), sum(row["of"] for row in own)
        lines += [f"## Lesson {lesson}: {got:g} of {of:g} points", ""]
        for row in own:
            lines += [f"**{row['exercise']}**: {NOTES[row['status']]}, {row['points']:g} of {row['of']:g}", ""]
            if row["message"]:
                lines += ["```text", row["message"].replace("```", "'''"), "```", ""]
    lines.append("Every message is what the exercise's check says in the notebook, too. Solutions: `notebooks/`.")
    return "\n".join(lines) + "\n"


def _code(text):
    return "`" + text.replace("`", "'").replace("\n", " ") + "`"


def _plain_name(name):
    return re.sub(r"[^\w .-]", "_", name)


def summary(students, rows):
    """What the command prints: for each lesson, how many handed it in, and how they did, exercise by exercise."""
    lines = [f"{len(students)} students"]
    for lesson in sorted({row["lesson"] for row in rows}):
        own = [row for row in rows if row["lesson"] == lesson]
        handed_in = {row["student"] for row in own if row["status"] != "not handed in"}
        lines.append(f"lesson {lesson}: handed in by {len(handed_in)}")
        for exercise in dict.fromkeys(row["exercise"] for row in own):
            counts = Counter(row["status"] for row in own if row["exercise"] == exercise)
            lines.append(f"  {exercise:24}" + ", ".join(f"{counts[name]} {name}" for name in NOTES if counts[name]))
    problems = sum(bool(student.problems) for student in students)
    if problems:
        lines.append(f"{problems} students handed in something that could not be used as it is: see their feedback")
    return "\n".join(lines)
