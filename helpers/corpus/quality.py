"""Which functions and docstrings are worth learning from: each rule a line, each rejection with its reason."""

import ast
import re

from helpers.prompting import first_sentence

LINES = (3, 20)  # of code, without docstring and blank lines
CHARACTERS = 900
WORDS = (4, 30)  # of the sentence

_NOT_A_SENTENCE = re.compile(
    r"^\S+:|>>>|::|:\w+:|`{2,}\w*$|^(args|arguments|parameters|returns?|see|note|example|usage|todo|fixme|xxx|deprecated)\b\W*$"
    r"|^(todo|fixme|xxx|deprecated|overrid|override|inherited|auto-?generated|do not|don't)\b|^[a-z_.]+\(|https?://|[{}<>|\\=]",
    flags=re.IGNORECASE,
)
# One plain sentence of English in ASCII; what it may hold beyond letters is what prose about code needs.
_PLAIN = re.compile(r"[A-Z][A-Za-z0-9 ,;:'\"()/\-.`*_\[\]+%&]+")


def sentence_of(docstring):
    """The first sentence of a docstring, on one line, with a full stop; '' where there is none."""
    text = re.sub(r":[\w:]+:`~?([^`]+)`", r"`\1`", docstring or "")  # Sphinx's :class:`~a.B` says `a.B`
    sentence = first_sentence(re.sub(r"``+", "`", text)).strip()
    sentence = re.sub(r"^[*`\"']+|[\"'`*]+$", "", sentence).strip()
    return re.sub(r"[\s.:;,]+$", "", sentence) + "." if sentence else ""


def problem_of_docstring(sentence, name):
    """Why a docstring's first sentence teaches nothing: a few words for the funnel; None if it is good.

    name: the function's. A sentence that only repeats it needs no model to write.
    """
    words = sentence.split()
    if not WORDS[0] <= len(words):
        return "too short a sentence"
    if len(words) > WORDS[1]:
        return "too long a sentence"
    if _NOT_A_SENTENCE.search(sentence) or words[-1].lower() in ("e.g.", "i.e.", "cf.", "vs.", "etc."):
        return "not a sentence"
    if not _PLAIN.fullmatch(sentence):
        return "not plain English"
    said = {word.lower()[:4] for word in re.findall(r"[A-Za-z]{2,}", sentence)} - _FILLERS
    named = {word.lower()[:4] for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
    if said <= named:
        return "only repeats the name"
    return None


# The first four letters of words that say nothing by themselves.
_FILLERS = {
    word[:4] for word in "a an the of to in on for and or with by from is this that it its given get set".split()
}


def problem_of_code(function, lines=LINES, characters=CHARACTERS):
    """Why the code of a `code.Function` is not taken: a few words for the funnel; None if it is good.

    lines: the fewest and the most, without docstring and blank lines. characters: the most of them.
    """
    name = function.name.rsplit(".", 1)[-1]
    if name.startswith("_"):
        return "private"
    if name.startswith("test"):
        return "a test"
    count = function.code.count("\n") + 1
    if count < lines[0] or _is_stub(function.node):
        return "too little code"
    if count > lines[1] or len(function.code) > characters:
        return "too much code"
    if function.docstring is not None and len(function.node.body) == 1:
        return "too little code"
    return None if function.is_intact else "strings of several lines"


def _is_stub(node):
    """Whether a body does nothing: pass, ..., raise NotImplementedError, with or without a docstring."""
    body = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    return all(isinstance(one, ast.Pass | ast.Raise) for one in body)
