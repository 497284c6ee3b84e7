"""Writes a clean run's outputs back into a lesson, in a form that depends on no machine. For maintainers."""

import copy
import hashlib
import re
import tempfile
from pathlib import Path

from helpers import course
from helpers.errors import CourseError
from helpers.files import write_text

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def code_hash(content):
    """The SHA-256 over the sources of a notebook's code cells, in order; `content` is its JSON as a dict."""
    sources = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def need_savable():
    """A saved lesson is a default run on CPU, so that it looks the same whoever saves it."""
    wrong = [
        f"{name} is {value!r} and must be {needed!r}"
        for name, value, needed in (
            ("the budget", course.budget(), "lesson"),
            ("the seed", course.seed(), 0),
            ("the model", course.model(), course.BASE_MODEL),
            ("the device", course.device(), "cpu"),
        )
        if value != needed
    ]
    if wrong:
        raise CourseError(f"--save keeps a default run, but {', '.join(wrong)}. Set the COURSE_ variables so.")


def save_outputs(path, executed):
    """Write the outputs of the clean run `executed` into the lesson at `path`, in a form that depends on no machine.

    Raises CourseError, naming the cell, on output to stderr, an error, or a path of this machine.
    """
    import nbformat

    saved = nbformat.read(path, as_version=4)
    if code_hash(saved) != code_hash(executed):
        raise CourseError(f"{path.name} was changed while it ran, so nothing was saved. Run the same command again.")
    count = 0
    for index, (cell, ran) in enumerate(zip(saved.cells, executed.cells, strict=True)):
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [kept for output in ran.outputs if (kept := _portable(output, count, f"Cell {index + 1}"))]
    saved.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "course": {"code_sha256": code_hash(saved), "budget": "lesson", "device": "cpu"},
        }
    )
    nbformat.validate(saved)
    write_text(path, nbformat.writes(saved) + "\n")


def _portable(output, count, cell):
    """`output` as it is saved, or None for a widget without a picture or HTML to stand for it."""
    output = copy.deepcopy(output)
    if output.output_type == "error" or output.get("name") == "stderr":
        text = output.get("text") or f"{output.get('ename')}: {output.get('evalue')}"
        raise CourseError(f"{cell} wrote to stderr or failed, so nothing was saved. Silence its cause: {text.strip()}")
    if found := private_paths("\n".join(texts(output))):
        raise CourseError(f"{cell} shows a path of this machine, {found[0]}; nothing was saved. Print a name instead.")
    output.pop("transient", None)
    if "execution_count" in output:
        output.execution_count = count
    if output.get("data", {}).pop(WIDGET_VIEW, None) and not {"text/html", "image/png"} & set(output.data):
        return None
    return output


def texts(output):
    """Everything in an output that is read as text: not the data of pictures, in which any letters occur."""
    yield output.get("text", "")
    for kind, content in output.get("data", {}).items():
        if not kind.startswith("image/") or kind == "image/svg+xml":
            yield re.sub(r"data:[\w/+.-]+;base64,[\w/+=\s]+", "", str(content))


def private_paths(text):
    """Paths of this machine that occur in `text`: the home folder, the project, the temporary folder."""
    places = [Path.home(), course.ROOT, course.home(), Path(tempfile.gettempdir())]
    text = text.replace("\\\\", "\\").replace("\\", "/").lower()
    found = []
    for place in dict.fromkeys(p.as_posix() for p in places if p != Path(p.anchor)):
        if re.search(rf"(?<![\w.]){re.escape(place.lower())}(?![\w+=])", text):
            found.append(place)
    return found
