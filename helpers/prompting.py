"""What lesson 03 prompts about: real functions with their docstrings, the cleaning of answers, trivial baselines.

The functions come from installed packages of plain Python, which the course pins: the same ones on every machine.
"""

import ast
import hashlib
import importlib.util
import re
import textwrap
from functools import cache
from pathlib import Path

from helpers.errors import CourseError
from helpers.metrics.baselines import first_words, name_as_words  # noqa: F401 - part of what the lesson imports

# Worked examples come from packages of their own, so that no example is a function to document.
PACKAGES = {
    "test": (
        "IPython", "fontTools", "huggingface_hub", "jinja2", "mpmath", "nbformat", "networkx", "nltk",
        "prompt_toolkit", "rich", "sqlalchemy", "sympy",
    ),
    "example": ("joblib", "jupyter_client", "nbconvert", "packaging", "pygments", "tornado", "traitlets"),
}  # fmt: skip


def documented_functions(split, per_package=10):
    """Short functions with the first sentence of their docstring, as dicts: id, package, text, references.

    split: 'test' or 'example'. text: the source without its docstring. references: a list with that one sentence.
    At most `per_package` of each package and two of a file, in an order that is shuffled but always the same.
    Raises CourseError where a package is not installed.
    """
    if split not in PACKAGES:
        raise CourseError(f"There is no split {split!r} of the functions. Use 'test' or 'example'.")
    rows = [row for package in PACKAGES[split] for row in _of_package(package, per_package)]
    return sorted(map(dict, rows), key=lambda row: _shuffled(row["id"]))


def _shuffled(text):
    """A key that puts texts in an order without meaning, the same on every machine and Python."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _of_package(package, at_most):
    """The first rows of a package, its files in a shuffled order, so that few of them need to be read."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CourseError(f"The package {package} is not installed. Run `python3 -m helpers doctor`.")
    root = Path(spec.submodule_search_locations[0])
    names = [path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.py")]
    kept = {}  # by sentence: each once
    for name in sorted((name for name in names if "test" not in name), key=_shuffled):
        source = (root / f"{name}.py").read_text(encoding="utf-8", errors="replace")
        found = sorted(_of_file(source, f"{package}/{name}"), key=lambda row: _shuffled(row["id"]))
        for row in found[:2]:
            kept.setdefault(row["references"][0], {**row, "package": package})
        if len(kept) >= at_most:
            break
    return tuple(kept.values())[:at_most]


def _of_file(source, name):
    """The rows of one file: public functions of 3 to 12 lines whose docstring opens with one plain sentence."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a template, or code for another Python
        return
    lines = source.split("\n")  # as ast counts them: splitlines would also split at form feeds
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or len(node.body) < 2:
            continue
        sentence = first_sentence(ast.get_docstring(node) or "")
        docstring = node.body[0]
        code = lines[node.lineno - 1 : docstring.lineno - 1] + lines[docstring.end_lineno : node.end_lineno]
        code = [line for line in code if line.strip()]
        plain = re.fullmatch(r"[A-Z][\w ,;:'()/\-]+\.", sentence) and 4 <= len(sentence.split()) <= 25
        if plain and 3 <= len(code) <= 12 and sum(map(len, code)) <= 400:
            yield {"id": f"{name}:{node.name}", "text": "\n".join(code), "references": [sentence]}


def first_sentence(text, count=1):
    """The first `count` sentences of a text's first paragraph, on one line; all of it if no sentence ends."""
    paragraph = " ".join(textwrap.dedent(text).strip().split("\n\n")[0].split())
    return " ".join(re.split(r"(?<=[.!?])[\"']?\s+", paragraph)[:count])


def clean(answer, sentences=1):
    """The first sentences of a model's answer, without fences, quotes, code and openings such as "Summary:".

    A docstring in the answer is taken out of its code. Every system's answers go through this, so that none is judged
    by its wrapping. '' if nothing is left.
    """
    if docstring := re.search(r'(?s)("""|\'\'\')\s*(.+?)\s*(\1|\Z)', answer):
        answer = docstring[2]
    text = re.sub(r"(?s)```(?:python|py)\n.*?(```|\Z)", "", answer).replace("```", "")
    # "Summary:", and "Here is a summary of the conversation:", announce the answer.
    text = re.sub(r"(?i)^(summary|docstring|answer|(sure|here)\b[^\n.:]*)\s*[:!]\s*", "", text.strip())
    return first_sentence(text.strip().strip("\"'*` \n"), sentences).strip("\"'*` ")
