"""`release`: the lessons for a class, without solutions and outputs, made by the same rules as `lab` makes learn/.

nbgrader's ClearSolutions takes the solutions out (helpers/learn.py). What a learner or a teacher changed in the folder
is never overwritten: the new version of such a lesson is put beside it, and named.
"""

from pathlib import Path

from helpers import course, learn
from helpers.errors import CourseError
from helpers.grading.lessons import all_lessons


def release(out):
    """Bring the folder `out` up to date with the lessons; return a sentence for each thing done, and a last one.

    Raises CourseError where `out` cannot be the folder, and where a lesson cannot be handed out or graded: a solution
    is not marked by nbgrader's rules, or a check is not of the form that `grade` knows.
    """
    out = Path(out).resolve()
    notebooks = (course.ROOT / "notebooks").resolve()
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file. Give a folder for the lessons, or one that can be made.")
    if out in (course.ROOT.resolve(), notebooks) or notebooks in out.parents:
        raise CourseError(f"{out} holds the course itself. Give another folder for the copies, such as ../class.")
    lessons = all_lessons()
    count = sum(len(exercises) for _, exercises in lessons.values())
    done = learn.update(out)
    return [
        *done,
        f"{out} is up to date: {len(lessons)} lessons with {count} exercises, without solutions and outputs.",
    ]
