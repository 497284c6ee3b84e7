"""Intervals and mutants."""

import ast

import numpy as np
import pytest

from helpers.metrics import bootstrap_interval, mutants, summarise


def test_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.normal(size=60), resamples=400)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_interval_of_equal_values_is_that_value():
    assert bootstrap_interval([0.25] * 10) == (0.25, 0.25)


def test_clusters_that_repeat_a_value_widen_the_interval():
    values = [value for value in (0, 1, 0, 1, 1, 0, 1, 0, 0, 1) for _ in range(10)]
    clusters = [index // 10 for index in range(100)]
    plain, clustered = bootstrap_interval(values), bootstrap_interval(values, clusters)
    assert clustered[1] - clustered[0] > 2 * (plain[1] - plain[0])


def test_clusters_of_one_are_no_clusters():
    values = list(np.random.default_rng(1).normal(size=40))
    assert bootstrap_interval(values) == bootstrap_interval(values, clusters=range(40))


def test_interval_refuses_what_has_no_answer():
    with pytest.raises(ValueError, match="at least one row"):
        bootstrap_interval([])
    with pytest.raises(ValueError, match="one key per row"):
        bootstrap_interval([1, 2], clusters=["a"])


def test_summary_holds_means_and_intervals_of_numbers_only():
    summary = summarise([{"kind": "a", "valid": 1}, {"kind": "b", "valid": 0}], cluster="kind")
    assert summary["valid"] == 0.5
    assert summary["valid_ci"] == [0.0, 1.0]
    assert set(summary) == {"valid", "valid_ci"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b):\n    return a + b", "return a - b"),
        ("def f(a):\n    return a < 3", "return a >= 3"),
        ("def f(a):\n    return a < 3", "return a < 4"),
        ("def f(a, b):\n    return a and b", "return a or b"),
        ("def f(a):\n    if not a:\n        return 1\n    return 2", "if a:"),
        ("def f(a):\n    return True", "return False"),
        ("def f(a):\n    a += 2\n    return a", "a -= 2"),
        ("def f(a):\n    return a[::-1]", "return a[::-2]"),
        ("def f(a):\n    if a:\n        return 1\n    return 2", "if not a:"),
        ("def f(a):\n    return 'yes'", "return 'yesx'"),
        ("def f(a, b):\n    return a + [b]", "return a"),
        ("def f(a):\n    return max(a)", "return min(a)"),
        ("def f(a):\n    return a.upper()", "return a.lower()"),
        ("def f(a):\n    return list(a)", "return None"),
    ],
)
def test_mutants_break_what_the_table_says(source, expected):
    assert any(expected in mutant for mutant in mutants(source))


def test_mutants_parse_differ_from_the_function_and_from_each_other():
    source = "def f(n):\n    if n <= 1:\n        return 1\n    return n * f(n - 1)\n"
    found = mutants(source)
    assert len(found) == len(set(found)) >= 4
    assert ast.unparse(ast.parse(source)) not in found
    assert all(ast.parse(mutant) for mutant in found)


def test_only_a_function_that_offers_nothing_else_returns_none():
    assert not any("None" in mutant for mutant in mutants("def f(a):\n    return a + 1"))


def test_a_format_is_left_alone():
    assert all(":02d}" in mutant for mutant in mutants("def f(a):\n    return f'{a + 1:02d}'"))


def test_a_docstring_is_left_alone():
    assert all("Add one." in mutant for mutant in mutants('def f(a):\n    """Add one."""\n    return a + 1'))


def test_a_function_with_nothing_to_return_has_no_return_mutant():
    assert mutants("def f(items):\n    items.clear()\n    return None\n") == []
