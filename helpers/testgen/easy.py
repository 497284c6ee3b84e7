"""How hard it is to say what a call gives without executing it, and tests of the easy ones.

A model cannot calculate. Trained on tests full of values that only an execution gives, it learns to make values up; so
what it is to write by itself is taught on calls whose value can be read off the function and the call.
"""

import re

from helpers.testgen import assertions

_EMPTY = {"''", "b''", "[]", "()", "{}", "set()", "0", "None", "True", "False"}
LONGEST = 24  # characters of a value that is not in the call


def difficulty(one):
    """How hard the value of an `Observed` is to know: 0 for nothing or a truth value, 1 for an exception, 2 for what
    stands in the call, 3 for what is made of its parts, and from 4 up for anything else, the longer the harder.
    """
    if one.form == "changes":
        return 4 + len(one.text[1]) / LONGEST
    if one.form in ("raises", "list raises"):
        return 1
    if one.text in _EMPTY:
        return 0
    if _inside(one.text) in _inside(one.call):
        return 2
    given, wanted = set(re.findall(r"\w+", one.call)), re.findall(r"\w+", one.text.replace("pytest.approx", ""))
    if wanted and set(wanted) <= given:
        return 3
    return 4 + len(one.text) / LONGEST


def _inside(text):
    return text.strip("()[]{}'\", ")


def easiest(observed, most=2, hardest=4.3):
    """At most `most` of the calls, the easiest first, each of which kills a mutant that those before it do not.

    hardest: leave out what is harder. In the order in which they came.
    """
    usable = [one for one in observed if one.form != "no" and one.killed and difficulty(one) <= hardest]
    usable = [one for one in usable if max(map(len, assertions.lines(one))) <= 88]
    found, caught = [], set()
    for one in sorted(usable, key=lambda one: (difficulty(one), -len(one.killed), len(one.call))):
        if len(found) < most and one.killed - caught:
            found.append(one)
            caught |= one.killed
    return [one for one in observed if one in found]
