"""The whole corpus, mined from nothing in a fresh COURSE_HOME (some minutes): the same rows everywhere, and clean."""

import ast
import random
import re
from collections import Counter

import pytest

from helpers import corpus
from helpers.corpus import duplicates, sources, verify
from helpers.corpus.__main__ import counts
from helpers.course import ROOT
from helpers.errors import CourseError

# What every system and every Python of the course gets. A change of a pin or of a rule changes it.
FINGERPRINTS = {
    "docstrings": "45b5d9b4335db9a1dc7a58a704e6764c82b22b3845f112f869fc3f2df7d3ee76",
    "functions": "8331508d2d7a96622134788cda5c93902fd260cd7e34d7cb3736a889067b1d05",
}


@pytest.fixture(scope="module")
def docstrings():
    return corpus.load("docstrings")


@pytest.fixture(scope="module")
def functions():
    return corpus.load("functions")


@pytest.mark.parametrize("table", FINGERPRINTS)
def test_the_rows_are_the_same_on_every_system(table):
    assert corpus.fingerprint(corpus.load(table, running=False)) == FINGERPRINTS[table]


def test_there_is_as_much_as_the_lessons_need(docstrings, functions):
    assert len(docstrings) >= 4500 and len({row["package"] for row in docstrings}) >= 10
    assert len(functions) >= 1000
    assert sum(len(row["tests"]) for row in functions) >= 800
    by_split = Counter(row["split"] for row in docstrings)
    assert by_split["test"] >= 500 and by_split["validation"] >= 200
    assert sum(row["split"] == "test" for row in functions) >= 100


def test_every_row_says_where_it_comes_from_and_under_which_licence(docstrings, functions):
    known = {package.title: package for package in sources.packages()}
    for row in [*docstrings, *functions]:
        package = known[row["package"]]
        assert (row["version"], row["licence"], row["family"], row["split"]) == (
            package.version,
            package.licence,
            package.family,
            package.split,
        )
        assert corpus.is_allowed(row["licence"]) and row["path"].endswith(".py") and row["line"] >= 1
    ids = [row["id"] for row in docstrings]
    assert len(set(ids)) == len(ids)


def test_a_row_stands_where_it_says(docstrings):
    chosen = random.Random(0).sample(docstrings, 200)
    for package in sources.packages():
        files = dict(package.files()) if any(row["package"] == package.title for row in chosen) else {}
        for row in chosen:
            if row["package"] == package.title:
                line = sources.read(files[row["path"]]).split("\n")[row["line"] - 1]
                assert f"def {row['name'].rsplit('.', 1)[-1]}" in line


def test_no_address_no_secret_and_no_duplicate_is_left(docstrings, functions):
    for row in [*docstrings, *functions]:
        text = "\n".join([row["code"], row["docstring"] or "", row.get("module", "")])
        text += "\n".join(test["source"] for test in row.get("tests", ()))
        assert not re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", text), row["id"]
        assert not corpus.find_secrets(text), row["id"]
    for rows in (docstrings, functions):
        assert len({duplicates.same_text(row["code"]) for row in rows}) == len(rows)


def test_nothing_leaks_from_one_split_into_another(docstrings, functions):
    assert corpus.leaks(docstrings) == [] and corpus.leaks(functions) == []
    for rows in (docstrings, functions):
        families = {}
        for row in rows:
            families.setdefault(row["family"], set()).add(row["split"])
        assert all(len(splits) == 1 for splits in families.values())
    # A function of one table and its docstring in the other are of one package, so of one split.
    splits = {row["id"]: row["split"] for row in docstrings}
    assert all(splits.get(row["id"], row["split"]) == row["split"] for row in functions)


def test_code_parses_and_holds_no_docstring(docstrings, functions):
    for row in [*docstrings, *functions]:
        tree = corpus.parse(row["code"])
        # A few write two strings, the second as a remark to a tool: the first is the docstring.
        second = corpus.sentence_of(ast.get_docstring(tree.body[0]))
        assert len(tree.body) == 1 and (not second or second != row["docstring"]), row["id"]
    assert all(row["module"].endswith(row["code"] + "\n") for row in functions)


def test_nothing_of_human_eval_is_in_it(docstrings, functions):
    assert not [row["id"] for row in [*docstrings, *functions] if corpus.in_human_eval(row["name"], row["code"])]


def test_kept_tests_pass_again_and_fail_on_another_function(functions):
    chosen = random.Random(1).sample([row for row in functions if row["tests"]], 60)
    again = [row | {"tests": list(row["tests"])} for row in chosen]
    verify.verify(again)
    kept = sum(len(row["tests"]) for row in again)
    assert kept >= 0.98 * sum(len(row["tests"]) for row in chosen)  # a slow machine may lose one
    wrong = [
        row | {"module": row["module"] + f"\n\ndef {row['name']}(*_, **__):\n    return object()\n"} for row in chosen
    ]
    verify.verify(wrong)
    assert not any(row["tests"] for row in wrong)


def test_rows_come_one_by_one_from_disk_as_well(docstrings):
    streamed = corpus.stream("docstrings", "validation")
    assert [row["id"] for row in streamed] == [row["id"] for row in docstrings if row["split"] == "validation"]


def test_the_card_says_what_is_there(docstrings, functions):
    card = (ROOT / "data" / "cards" / "corpus.md").read_text(encoding="utf-8")
    for what, by_split in counts(docstrings, functions).items():
        said = [int(cell.replace(",", "")) for cell in re.search(rf"\| {what} \| (.+) \|", card)[1].split(" | ")]
        slack = 0 if what == "docstrings" else 0.01  # what comes from execution may differ a little
        assert said == pytest.approx(list(by_split.values()), rel=slack, abs=2 * bool(slack)), what


def test_a_mixture_keeps_its_shares_and_repeats_for_a_seed():
    shares = {"sympy": 0.3, "algorithms": 0.2, "jupyter": 0.5}
    families = [row["family"] for row in corpus.mixture(shares, seed=1)]
    found = Counter(families)
    assert len(families) > 300 and all(
        abs(found[name] / len(families) - share) < 0.08 for name, share in shares.items()
    )
    assert families == [row["family"] for row in corpus.mixture(shares, seed=1)]
    longer = Counter(row["family"] for row in corpus.mixture(shares, seed=1, until="all_exhausted"))
    assert longer.total() > len(families) and longer["algorithms"] > found["algorithms"]


@pytest.mark.parametrize(
    ("shares", "by", "said"),
    [
        ({"sympy": 0.5}, "family", "add up to 1"),
        ({}, "family", "add up to 1"),
        ({"sympy": 1.5, "nltk": -0.5}, "family", "above 0"),
        ({"cobol": 1.0}, "family", "has the family 'cobol'. There are: algorithms"),
        ({"MIT": 1.0}, "colour", "cannot be mixed by 'colour'"),
    ],
)
def test_shares_that_cannot_be_met_are_refused(shares, by, said):
    with pytest.raises(CourseError, match=said):
        corpus.mixture(shares, by=by)
