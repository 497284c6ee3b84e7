"""What is graded in a lesson: its exercises as the course's own notebook has them, never as a submission does."""

import ast
import json

from helpers import course, runner
from helpers.errors import CourseError

# Their checks ask for gradients of what the function returns: a tensor that was handed over has none.
GRADIENTS = ("12-preference-loss",)


def exercises(number):
    """The exercises of lesson `number`, in order: dicts with name, points, setup, answer, check and here.

    setup: the sources of the lesson's `exercise-setup` cells before it. answer, check: the check cell is
    `checks.<check>(<answer>)`. here: whether it is judged in the student's process, because the answer is a class, or
    the check needs its gradient.
    Raises CourseError on an unknown lesson, and on a check cell of another form.
    """
    path = runner.notebook(number)
    setup, answers, found = [], {}, []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source, metadata = "".join(cell["source"]), cell.get("metadata", {})
        marks = metadata.get("nbgrader", {})
        if "exercise-setup" in metadata.get("tags", []):
            setup.append(source)
        if marks.get("solution"):
            answers[marks["grade_id"]] = source
        if marks.get("grade"):
            name = marks["grade_id"].removesuffix("-check")
            answer, check = _call(source, f"{path.name}, {marks['grade_id']}")
            classes = [node.name for node in ast.walk(ast.parse(answers[name])) if isinstance(node, ast.ClassDef)]
            found.append(
                {
                    "name": name,
                    "points": marks["points"],
                    "setup": list(setup),
                    "answer": answer,
                    "check": check,
                    "here": answer in classes or name in GRADIENTS,
                }
            )
    return found


def _call(source, where):
    """('f', 'g') of a check cell `checks.g(f)`."""
    match ast.parse(source).body:
        case [ast.Expr(ast.Call(ast.Attribute(ast.Name("checks"), check), [ast.Name(answer)], []))]:
            return answer, check
    raise CourseError(f"{where}: a check that can be graded is one line, `checks.NAME(ANSWER)`. This one is:\n{source}")


def all_lessons():
    """Lesson number → (the notebook's name, its exercises), for lessons that have any."""
    found = {number: (runner.notebook(number).name, exercises(number)) for number in runner.lessons()}
    if not any(listed for _, listed in found.values()):
        raise CourseError(f"No lesson in {course.ROOT / 'notebooks'} has an exercise. Is the folder complete?")
    return {number: entry for number, entry in found.items() if entry[1]}
