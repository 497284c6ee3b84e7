"""Easy calls: what a reader can tell without a computer comes before what only an execution gives."""

import pytest

from helpers.testgen import assertions, easy
from helpers.testgen.observe import Observed, observe


@pytest.mark.parametrize(
    ("easier", "harder"),
    [
        (("f([])", "==", "[]"), ("f(1)", "raises", "ValueError")),
        (("f(1)", "raises", "ValueError"), ("f('abc')", "==", "'abc'")),
        (("f('abc', 3)", "==", "'abc'"), ("f(3, 1, 2)", "==", "[1, 2, 3]")),
        (("f([3, 1, 2])", "==", "[1, 2, 3]"), ("f(3)", "==", "9")),
        (("f(3)", "==", "9"), ("f('FooBar')", "==", "1123553276")),
        (("f(3)", "is", "True"), ("f(0.5)", "==", "pytest.approx(0.25)")),
    ],
)
def test_one_is_easier_than_the_other(easier, harder):
    assert easy.difficulty(Observed(*easier)) < easy.difficulty(Observed(*harder))


def test_the_easiest_are_taken_that_catch_something_new():
    source = "def shout(text, times=1):\n    return text.upper() * times\n"
    calls = ["shout('Hello World', 4)", "shout('')", "shout('A')", "shout('ab', 2)"]
    observed = [
        Observed(calls[0], "==", "'HELLO WORLDHELLO WORLD'", frozenset({0, 1, 2})),
        Observed(calls[1], "==", "''", frozenset()),
        Observed(calls[2], "==", "'A'", frozenset({0})),
        Observed(calls[3], "==", "'ABAB'", frozenset({0, 1})),
    ]
    assert [one.call for one in easy.easiest(observed, most=2)] == ["shout('A')", "shout('ab', 2)"]
    assert [one.call for one in easy.easiest(observed, most=1)] == ["shout('A')"]
    assert easy.easiest([observed[0], observed[1]]) == []
    assert all(one.form == "==" for one in observe(source, "shout", calls))


def test_a_test_has_at_least_so_many_assertions_documented_and_plain_ones_first():
    observed = [
        Observed("f(1)", "raises", "ValueError", frozenset({0})),
        Observed("f(22)", "==", "4", frozenset({0, 1})),
        Observed("f(333)", "==", "6", frozenset({1})),
        Observed("f(4)", "raises", "ValueError", frozenset({0})),
        Observed("f(5555)", "==", "8", frozenset()),
    ]
    assert [one.call for one in assertions.chosen(observed)] == ["f(22)"]
    more = assertions.chosen(observed, least=2, first=["f(5555)"])
    assert [one.call for one in more] == ["f(1)", "f(22)", "f(5555)"]  # the exception comes on top
    assert [one.call for one in assertions.chosen(observed, least=3)] == ["f(1)", "f(22)", "f(333)", "f(5555)"]
    assert len(assertions.chosen(observed, most=2, least=4)) == 2


def test_results_that_are_new_and_say_more_come_before_trivial_ones():
    observed = [
        Observed("f(0)", "==", "[]"),
        Observed("f(1)", "raises", "ValueError"),
        Observed("f(22)", "raises", "ValueError"),
        Observed("f(33)", "==", "[1, 2]"),
        Observed("f(44)", "==", "[1, 2]"),
        Observed("f(55)", "==", "[1, 2, 3, 4]"),
        Observed("f(66)", "==", str(list(range(25)))),
    ]
    assert [one.call for one in assertions.chosen(observed)] == ["f(0)"]
    assert [one.call for one in assertions.chosen(observed, least=2)] == ["f(1)", "f(33)", "f(55)"]
    assert [one.call for one in assertions.chosen(observed, least=4)] == ["f(0)", "f(1)", "f(33)", "f(55)", "f(66)"]
    assert [one.call for one in assertions.chosen(observed[1:3], least=4)] == ["f(1)"]
