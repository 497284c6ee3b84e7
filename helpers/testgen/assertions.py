"""From what was observed to a test that a person would keep: few assertions, each of which catches something new."""

import ast
from collections import Counter

# What a test imports for the names that its assertions use.
IMPORTS = {
    "pytest": "import pytest",
    "islice": "from itertools import islice",
    "datetime": "import datetime",
    "Fraction": "from fractions import Fraction",
    "Decimal": "from decimal import Decimal",
    "deque": "from collections import deque",
}
LINE = 110  # characters: an assertion with a line that is longer is not chosen
_TRIVIAL = {"''", "b''", "[]", "()", "{}", "set()", "0", "1", "None"}
_TELLING, _READABLE = 24, 80  # characters of a result: more say no more, and nobody reads it


def chosen(observed, most=6, first=(), least=1):
    """The calls for a test: of each step the one that kills most mutants which no other has killed, the shortest first.

    observed: list of `Observed`. first: calls (texts) to prefer among equals, such as documented examples. Where no
    mutant is killed, the shortest call is taken, so that the test pins something; a value sooner than None. least: go
    on until there are so many, with those in `first`, then with results that are new and say most (see `_worth`), and
    with one call for each exception. In the order in which they came.
    """
    usable = [one for one in observed if one.form != "no" and max(map(len, lines(one))) <= LINE]
    found, caught = [], set()
    while usable and len(found) < most:
        best = max(
            usable, key=lambda one: (len(one.killed - caught), one.call in first, one.text != "None", -_length(one))
        )
        if len(found) >= least and not best.killed - caught:
            break
        if least > 1 and not best.killed - caught:
            known = [one.text for one in found]
            usable = [one for one in usable if one.text not in known or "raises" not in one.form]
            if not usable:
                break
            best = max(usable, key=lambda one: (one.call in first, *_worth(one, known), -_length(one)))  # noqa: B023
        found.append(best)
        caught |= best.killed
        usable.remove(best)
    for one in sorted(usable, key=_length) if least > 1 else ():
        if "raises" in one.form and len(found) < most and one.text not in [other.text for other in found]:
            found.append(one)
    return [one for one in observed if one in found]


def _length(one):
    return len(one.call) + len(str(one.text))


def _worth(one, known):
    """What an `Observed` says beside the texts in `known`: a new result, a value sooner than an exception, a large one
    sooner than a trivial one, because a broken function gives the small ones, too.
    """
    text = str(one.text)
    poor = text in _TRIVIAL or text in one.call or len(text) > _READABLE
    return one.text not in known, "raises" not in one.form, 0 if poor else min(len(text), _TELLING)


def lines(one):
    """The lines of an `Observed` in a test, without indentation."""
    if one.form == "raises":
        return [f"with pytest.raises({one.text}):", f"    {one.call}"]
    if one.form == "list raises":
        return [f"with pytest.raises({one.text}):", f"    list({one.call})"]
    if one.form == "changes":
        changes = one.text if isinstance(one.text[0], list) else [one.text]
        names = ["given", *(f"given_{number}" for number in range(2, len(changes) + 1))]
        node, before = ast.parse(one.call, mode="eval").body, []
        for name, (number, _) in zip(names, changes, strict=True):
            before.append(f"{name} = {ast.unparse(node.args[number])}")
            node.args[number] = ast.Name(name)
        after = [f"assert {name} == {text}" for name, (_, text) in zip(names, changes, strict=True)]
        return [*before, ast.unparse(node), *after]
    if one.form == "is":
        return [f"assert {one.call} is {one.text}"]
    if one.form == "repr":
        return [f"assert repr({one.call}) == {one.text}"]
    if one.form == "list":
        return [f"assert list({one.call}) == {one.text}"]
    if one.form == "first":
        count = len(ast.parse(one.text, mode="eval").body.elts)
        return [f"assert list(islice({one.call}, {count})) == {one.text}"]
    return [f"assert {one.call} == {one.text}"]


def clashes(one, name):
    """Whether the lines of an `Observed` use the name of its function for something else, such as `list`."""
    return _names("\n".join(lines(one)))[name] > _names(one.call)[name]


def _names(text):
    return Counter(node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name))


def imports(text, name):
    """The lines of the imports that a test text of the function `name` needs."""
    used = _names(text)
    needed = [line for word, line in IMPORTS.items() if used[word] and word != name]
    return sorted(needed, key=lambda line: (line.startswith("from"), line))


def test_text(name, observations):
    """A pytest test that holds all `observations`: imports, then one test function; '' for none of them."""
    if not observations:
        return ""
    body = [line for one in observations for line in lines(one)]
    text = "\n".join([f"def {test_name(name)}():", *(f"    {line}" for line in body)]) + "\n"
    needed = imports(text, name)
    return "\n".join([*needed, "", "", text]) if needed else text


test_text.__test__ = False  # their names make pytest think that they are tests


def test_name(name):
    """The name of the test of a function."""
    return "test_" + (name.strip("_") or "function")


test_name.__test__ = False
