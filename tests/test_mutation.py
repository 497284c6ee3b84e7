"""The operators that break functions: what each does, what is left alone, and that lesson 00's mutants stay."""

import ast
import hashlib

import pytest

from helpers import testgen
from helpers.errors import CourseError
from helpers.metrics import OPERATORS, mutants, mutants_by_operator
from helpers.metrics.mutation import LAST_RESORT


def program(line):
    return f"def f(a, b):\n    {line if line.startswith('return') else 'x = ' + line}\n"


@pytest.mark.parametrize("operator", (*OPERATORS, LAST_RESORT), ids=lambda operator: operator.name)
def test_the_table_shows_what_each_operator_does(operator):
    made = mutants_by_operator(program(operator.before))[operator.name]
    assert ast.unparse(ast.parse(program(operator.after))) in made


def test_every_operator_has_its_own_name_and_words():
    assert len({operator.name for operator in OPERATORS}) == len(OPERATORS) == 9
    assert all(operator.does and operator.before != operator.after for operator in OPERATORS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a + b", ["a - b"]),
        ("a % 2", ["a * 2", "a % 3"]),
        ("a <= b", ["a > b"]),
        ("a not in b", ["a in b"]),
        ("a < b < 3", ["a >= b < 3", "a < b < 4"]),
        ("a is None", ["a is not None"]),
        ("0 if a and b else 1", ["1 if a and b else 1", "0 if a and b else 2", "0 if a or b else 1"]),
        ("a if not a else b", ["a if a else b"]),
        ("any(a)", ["all(a)"]),
        ("a.lstrip()", ["a.rstrip()"]),
        ("a.find('')", ["a.rfind('')", "a.find('x')"]),
        ("True", ["False"]),
        ("-1", ["-2"]),
        ("1.5 ** a", []),
    ],
)
def test_all_mutants_of_an_expression(before, after):
    assert sorted(mutants(program(before))) == sorted(program(line).rstrip() for line in after)


def test_the_groups_hold_all_mutants_once():
    for row in testgen.examples("train", 1):
        groups = mutants_by_operator(row["function"], row["name"])
        assert sorted(sum(groups.values(), [])) == sorted(mutants(row["function"]))
        assert all(groups.values()) and (len(groups) == 1 or LAST_RESORT.name not in groups)


def test_only_the_named_function_is_broken():
    source = "X = 1\n\ndef helper(a):\n    return a + 1\n\ndef f(a):\n    return helper(a) * 2\n"
    for name, others in (("f", "return a + 1"), ("helper", "return helper(a) * 2")):
        found = mutants(source, name)
        assert found and all("X = 1" in mutant and others in mutant for mutant in found)
    assert len(mutants(source)) == 1 + len(mutants(source, "f")) + len(mutants(source, "helper"))
    with pytest.raises(CourseError, match="no top-level function 'g'"):
        mutants(source, "g")


def test_what_only_looks_like_code_is_left_alone():
    source = "def f(a: 'int', b: L[1] = 2) -> 'str':\n    \"\"\"Text 1.\"\"\"\n    x: 'T' = b\n    return f'{a:03d}'\n"
    assert mutants(source) == [ast.unparse(ast.parse(source.replace("= 2", "= 3")))]


def test_the_mutants_of_lesson_00_are_those_that_its_results_were_made_with():
    rows = [row for split in ("train", "test") for row in testgen.examples(split, 2)]
    rows = [row for row in rows if "f'" not in row["function"] and 'f"' not in row["function"]]  # quotes vary
    found = hashlib.sha256("".join("".join(mutants(row["function"])) for row in rows).encode()).hexdigest()
    assert (len(rows), found[:16]) == (446, "ede28c0d7c14306f")
