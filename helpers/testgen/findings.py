"""What looks wrong with a function, from what was observed: for a person to look at, because no program can be sure."""

import ast
import doctest
import re
from pathlib import Path

from helpers import sandbox
from helpers.testgen.observe import AGAIN, SLOW, NotObserved, ends, observe
from helpers.testgen.proposals import function_of

HARNESS = Path(__file__).with_name("examples.py").read_text(encoding="utf-8")
_LIMITS = sandbox.Limits(seconds=60.0, output_bytes=400_000)
_LOST = 4  # processes that may end before the rest of the examples is given up
_TRIED = 3  # calls of a function that are looked at once more, alone
# What says more about the sandbox, or about names that the reader is to know, than about the function.
_ELSEWHERE, _MISSING = {"NameError"}, {"ModuleNotFoundError", "ImportError"}  # a package that is optional
_OUTSIDE = {"OSError", "PermissionError", "FileNotFoundError", "BlockingIOError", "ConnectionError", "EOFError"}
_ADDRESS = re.compile(r"0x[0-9A-Fa-f]+|<[^>]* object")


def suspicious(function, name, observed):
    """Phrases for people, one for each thing that looks wrong with the function `name` of a program text.

    observed: list of `Observed`. Documented examples that do not hold; results that change when a call is repeated;
    calls that do not come back.
    """
    node = function_of(function, name)
    text = (node and ast.get_docstring(node)) or ""
    found, _ = wrong_examples({name: text}, text=function)
    return [*found.get(name, []), *of_calls(function, name, observed)]


def of_calls(function, name, observed, readable=()):
    """The same from `observed` alone. What was seen among other calls is tried once more, alone."""
    found = []
    again = [one.call for one in observed if one.form == "no" and one.text == AGAIN]
    stuck = sorted((one.call for one in observed if one.form == "no" and one.text == SLOW), key=len)
    try:
        for call in again[:_TRIED]:
            (alone,) = observe(function, name, [call], readable=readable)
            if alone.form == "no" and alone.text == AGAIN:
                found.append(f"{call} gives another result when it is called again")
                break
        for call in stuck[:_TRIED]:
            if not ends(function, name, call, readable):
                found.append(f"{call} did not come back within 3 seconds")
                break
    except NotObserved:
        pass  # it could be called before: no program can tell what that means
    return found


# --- Documented examples ----------------------------------------------------------------------------------------------


def examples_of(text):
    """The `doctest.Example`s of a docstring; [] where it has none that can be read."""
    try:
        return doctest.DocTestParser().get_examples(text or "")
    except ValueError:
        return []


def wrong_examples(docs, *, module=None, text=None, readable=()):
    """({name: phrases}, how many were not checked): the documented examples of functions that do not hold.

    docs: {name: docstring}. They run in the sandbox, in order, on the names of a `module` (dotted, importable from
    `readable`) or of a program `text`. Only those count that mention their function. Not checked are those of a module
    that cannot be imported, those that take longer than some seconds, and what comes after them.
    """
    docs = {name: doc for name, doc in docs.items() if any(_about_it(one, name) for one in examples_of(doc))}
    names, known = list(docs), [examples_of(doc) for doc in docs.values()]
    skip, answer = {}, None
    job = {"docs": list(docs.items()), "module": module, "text": text, "readable": [str(one) for one in readable]}
    for _ in range(_LOST if docs else 0):
        ended = sandbox.run(
            f"job = {job | {'skip': skip}!r}\n", limits=_LIMITS, harness=HARNESS, readable=job["readable"]
        )
        answer = ended.result
        last = re.findall(r"^(module|end|example (?=\d+ \d))(\d*) ?(\d*)$", ended.stdout, re.MULTILINE)[-1:]
        if isinstance(answer, dict) or ended.status == "timeout" or not last or last[0][0] != "example ":
            break
        skip[int(last[0][1])] = int(last[0][2])
    found, unchecked = {}, 0
    for number, name in enumerate(names):
        until = skip.get(number, len(known[number])) if isinstance(answer, dict) else 0
        unchecked += sum(_about_it(one, name) for one in known[number][until:])
    for number, place, got, raised, own in _believable(answer, known):
        example, name = known[number][place], names[number]
        if not _about_it(example, name):
            continue
        if raised in _OUTSIDE | _MISSING or (own and raised in _ELSEWHERE):
            unchecked += 1
        elif phrase := _phrase(example, got, raised):
            found.setdefault(name, []).append(phrase)
    return found, unchecked


def _about_it(example, name):
    skipped = example.options.get(doctest.SKIP)
    return not skipped and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", example.source))


def _believable(answer, known):
    """The rows of an answer that the harness can have made."""
    try:
        rows = [[int(number), int(place), str(got), str(raised), bool(own)]
                for number, place, got, raised, own in answer["found"]]  # fmt: skip
        return [row for row in rows if 0 <= row[0] < len(known) and 0 <= row[1] < len(known[row[0]])]
    except (TypeError, ValueError, KeyError):
        return []


def _phrase(example, got, raised):
    """What is wrong with an example that failed; None where only its form differs."""
    call, want, got = _short(example.source), example.want.strip(), got.strip()
    if example.exc_msg is not None:
        expected = example.exc_msg.partition(":")[0].strip()
        return f"{call} is documented to raise {expected}, and " + (f"raises {raised}" if raised else "does not")
    if raised:
        return f"{call} is documented{' to give ' + _short(want) if want else ''}, and raises {raised}"
    if not want or _ADDRESS.search(want) or _ADDRESS.search(got) or _same(got, want) or _about(got, want):
        return None
    return f"{call} is documented to give {_short(want)}, and gives {_short(got) or 'nothing'}"


def _same(given, want):
    """Whether two texts are equal values in another form: the order of a set, quotes."""
    try:
        return ast.literal_eval(given) == ast.literal_eval(want)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _about(given, want):
    """Whether two texts are numbers that differ by rounding only: docstrings often shorten them."""
    try:
        return abs(float(ast.literal_eval(given)) - float(want)) <= 1e-6 * max(1.0, abs(float(want)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _short(text):
    text = " ".join(str(text).split())
    return text if len(text) <= 60 else text[:57] + "..."
