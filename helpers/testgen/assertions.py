"""From what was observed to a test that a person would keep: few assertions, each of which catches something new."""

import ast
import re

IMPORTS = {
    "pytest.": "import pytest",
    "islice(": "from itertools import islice",
    "datetime.": "import datetime",
    "Fraction(": "from fractions import Fraction",
    "Decimal(": "from decimal import Decimal",
    "deque(": "from collections import deque",
}
LINE = 110  # characters: an assertion that is longer is not chosen


def chosen(observed, most=6, first=()):
    """The calls for a test: of each step the one that kills most mutants which no other has killed, the shortest first.

    observed: list of `Observed`. first: calls (texts) to prefer among equals, such as documented examples. Where no
    mutant is killed, the shortest call is taken, so that the test pins something. In the order in which they came.
    """
    usable = [one for one in observed if one.form != "no" and len(lines(one)[0]) <= LINE]
    found, caught = [], set()
    while usable and len(found) < most:
        best = max(usable, key=lambda one: (len(one.killed - caught), one.call in first, -_length(one)))
        if found and not best.killed - caught:
            break
        found.append(best)
        caught |= best.killed
        usable.remove(best)
    return [one for one in observed if one in found]


def _length(one):
    return len(one.call) + len(str(one.text))


def lines(one):
    """The lines of an `Observed` in a test, without indentation."""
    if one.form == "raises":
        return [f"with pytest.raises({one.text}):", f"    {one.call}"]
    if one.form == "changes":
        number, after = one.text
        node = ast.parse(one.call, mode="eval").body
        before = ast.unparse(node.args[number])
        node.args[number] = ast.Name("given")
        return [f"given = {before}", ast.unparse(node), f"assert given == {after}"]
    if one.form == "is":
        return [f"assert {one.call} is {one.text}"]
    if one.form == "list":
        return [f"assert list({one.call}) == {one.text}"]
    if one.form == "first":
        count = len(ast.parse(one.text, mode="eval").body.elts)
        return [f"assert list(islice({one.call}, {count})) == {one.text}"]
    return [f"assert {one.call} == {one.text}"]


def test_text(name, observations):
    """A pytest test that holds all `observations`: imports, then one test function; '' for none of them."""
    if not observations:
        return ""
    body = [line for one in observations for line in lines(one)]
    text = "\n".join([f"def {test_name(name)}():", *(f"    {line}" for line in body)]) + "\n"
    return with_imports(text)


test_text.__test__ = False  # their names make pytest think that they are tests


def test_name(name):
    """The name of the test of a function."""
    return "test_" + (name.strip("_") or "function")


test_name.__test__ = False


def with_imports(text):
    """A test's text with the imports that its values need in front."""
    needed = [line for word, line in IMPORTS.items() if re.search(rf"(?<![\w.]){re.escape(word)}", text)]
    return "\n".join([*sorted(needed, key=lambda line: (line.startswith("from"), line)), "", "", text]) if needed else text
