"""What looks wrong with a function, from what was observed: for a person to look at, because no program can be sure."""

import ast
import re

from helpers.testgen import proposals
from helpers.testgen.proposals import function_of


def suspicious(function, name, observed):
    """Phrases for people, one for each thing that looks wrong with the function `name` of a program text.

    observed: list of `Observed`. Documented examples that do not hold; results that change when a call is repeated;
    simple calls that do not come back.
    """
    seen = {one.call: one for one in observed}
    found = []
    for call, want in proposals.documented(function, name):
        if call in seen:
            found += _compared(seen[call], want)
    for one in observed:
        if one.form == "no" and "another result" in one.text and function_of(function, name):
            found.append(f"{one.call} gives another result when it is called again")
            break
    stuck = [one.call for one in observed if one.form == "no" and "come back" in one.text]
    if stuck:
        found.append(f"{min(stuck, key=len)} does not come back")
    return found


def _compared(one, want):
    """A phrase if a documented example gives something else than its docstring says."""
    if "Traceback (most recent call last)" in want:
        expected = want.strip().splitlines()[-1].partition(":")[0].strip()
        raises = one.form in ("raises", "list raises")
        if (raises and one.text != expected.rpartition(".")[2]) or (not raises and one.form != "no"):
            yield f"{one.call} is documented to raise {expected}, and does not"
        return
    if one.form in ("raises", "list raises"):
        yield f"{one.call} is documented to give {_short(want)}, and raises {one.text}"
    elif one.form == "no" and "on purpose" in one.text:
        yield f"{one.call} is documented to give {_short(want)}: {one.text}"
    elif one.form in ("is", "==", "list"):
        given = re.sub(r"pytest\.approx\(([^()]*)\)", r"\1", one.text)
        try:
            same = ast.literal_eval(given) == ast.literal_eval(want or "None")
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return  # a value that is no literal: its text may be written in more than one way
        if not same and not _about(given, want):
            yield f"{one.call} is documented to give {_short(want)}, and gives {_short(given)}"


def _about(given, want):
    """Whether two texts are numbers that differ by rounding only: docstrings often shorten them."""
    try:
        return abs(float(ast.literal_eval(given)) - float(want)) <= 1e-6 * max(1.0, abs(float(want)))
    except (ValueError, TypeError, SyntaxError):
        return False


def _short(text):
    text = " ".join(str(text).split())
    return text if len(text) <= 60 else text[:57] + "..."
