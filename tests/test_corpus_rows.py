"""The parts that make rows: text of functions, quality, licences, duplicates, functions that run alone, human tests."""

import ast
import email.message
import os
import random
import subprocess
import sys
import textwrap

import pytest

from helpers import assets, corpus
from helpers.corpus import alone, duplicates, extract, human_tests, quality, sources, verify
from helpers.corpus.cache import load
from helpers.corpus.licences import licence_of
from helpers.errors import CourseError


def parsed(text):
    text = textwrap.dedent(text).strip() + "\n"
    return corpus.parse(text), text


# Functions


SHELF = '''
import math

class Shelf:
    def add(self, book):  # the newest first
        """Put a book on the shelf.

        More about it.
        """
        self.books.insert(0, book)

        return len(self.books)

def area(radius):
    return math.pi * radius**2
'''


def test_a_function_is_cut_out_as_it_stands_without_its_docstring():
    method, plain = corpus.functions(*parsed(SHELF))
    assert (method.name, method.is_method, method.line) == ("Shelf.add", True, 4)
    assert method.code == (
        "def add(self, book):  # the newest first\n    self.books.insert(0, book)\n    return len(self.books)"
    )
    assert method.docstring.startswith("Put a book") and "More about it." in method.source
    assert (plain.name, plain.docstring, plain.code) == ("area", None, plain.source)


@pytest.mark.parametrize("text", ["print 'two'", "def f(:\n", "x = '\0'", "(" * 500 + ")" * 500, "type A = int"])
def test_what_is_not_python_of_the_course_has_no_tree(text):
    assert corpus.parse(text) is None


def test_comments_go_and_strings_stay():
    code = "a = \"# not one\"  # one\nb = '''\n# not one\n'''\n# one\n"
    assert corpus.without_comments(code) == "a = \"# not one\"  \nb = '''\n# not one\n'''\n\n"
    assert corpus.tokens("x += f(y)  # z") == ["x", "+", "=", "f", "(", "y", ")"]


# Quality


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("Return the area of a circle.\n\nradius: its radius.", "Return the area of a circle."),
        ("Return the area\nof a circle", "Return the area of a circle."),
        ("Make a :class:`~shop.Basket` from ``rows``. Then stop.", "Make a `shop.Basket` from `rows`."),
        ("", ""),
        (None, ""),
    ],
)
def test_the_first_sentence_of_a_docstring(docstring, sentence):
    assert quality.sentence_of(docstring) == sentence


@pytest.mark.parametrize(
    ("sentence", "name", "problem"),
    [
        ("Return the largest value of a list.", "top", None),
        ("Sort it.", "sort", "too short a sentence"),
        ("Add " + "one more " * 20 + "word.", "add", "too long a sentence"),
        ("Override this to change what happens.", "run", "not a sentence"),
        ("Optional[float]: Get the time that is left.", "left", "not a sentence"),
        ("Args: values, a list of numbers to add.", "add", "not a sentence"),
        ("Use it as x = f(y) in a loop.", "f", "not a sentence"),
        ("Convert values, for instance, e.g.", "f", "not a sentence"),
        ("Größe der Liste zurückgeben, bitte.", "f", "not plain English"),
        ("return values in order of size.", "f", "not plain English"),
        ("Get the name of the user.", "get_user_name", "only repeats the name"),
    ],
)
def test_what_is_wrong_with_a_sentence(sentence, name, problem):
    assert corpus.problem_of_docstring(sentence, name) == problem


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("def f(x):\n    y = x\n    return y", None),
        ("def _f(x):\n    y = x\n    return y", "private"),
        ("def test_f():\n    y = 1\n    assert y", "a test"),
        ("def f(x):\n    return x", "too little code"),
        ("def f(x):\n    '''Say no.'''\n\n    raise \\\n        NotImplementedError", "too little code"),
        ("def f(x):\n" + "    x += 1\n" * 25 + "    return x", "too much code"),
        ('def f(x):\n    y = """a\n    b"""\n    return x + y', None),
        ('def f(x):\n    y = """a\n\n    b"""\n    return x + y', "strings of several lines"),
        ('class A:\n    def f(self):\n        y = """x\ny"""\n        return y', "strings of several lines"),
    ],
)
def test_what_is_wrong_with_code(body, problem):
    function = corpus.functions(*parsed(body))[0]
    assert corpus.problem_of_code(function) == problem


# Licences and packages


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0 OR MIT", True),
        ("MPL-2.0 AND MIT", False),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", False),
        ("(MIT OR GPL-3.0-only) AND GPL-3.0-only", False),
        ("(MIT OR GPL-3.0-only) AND ISC", True),
        ("MIT Apache-2.0", False),
        ("MIT AND", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("LGPL", False),
        (None, False),
        ("", False),
    ],
)
def test_which_licences_are_taken(licence, allowed):
    assert corpus.is_allowed(licence) is allowed


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ({"License-Expression": "MIT"}, "MIT"),
        ({"License": "MPL-2.0 AND MIT"}, "MPL-2.0 AND MIT"),
        ({"License": "Apache-2.0 OR GPL-3.0-only"}, "Apache-2.0 OR GPL-3.0-only"),
        ({"License": "Apache 2.0 License"}, "Apache-2.0"),
        ({"License": "Copyright (c) 2014 " + "x" * 100, "Classifier": "License :: OSI Approved :: ISC License"}, "ISC"),
        ({"License": "ask the author"}, None),
        ({"License": "GPL-3.0 and Apache parts"}, None),
        ({"License": "MIT", "Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, None),
        ({}, None),
    ],
)
def test_the_licence_that_metadata_state(metadata, licence):
    class Distribution:
        files = ()

    Distribution.metadata = email.message.Message()
    for name, value in metadata.items():
        Distribution.metadata[name] = value
    assert licence_of(Distribution) == licence


def test_every_package_of_the_corpus_is_pure_and_pinned_and_families_do_not_cross():
    packages = corpus.packages()
    assert all(package.is_pure for package in packages if not package.asset)
    for package in packages:
        package.check_version()
    splits = {}
    for package in packages:
        splits.setdefault(package.family, set()).add(package.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {package.split for package in packages} == {"train", "validation", "test"}


def test_a_package_that_the_corpus_does_not_name_is_refused():
    with pytest.raises(CourseError, match="names no package 'numpy'. It names transformers"):
        corpus.packages(["numpy"])


def test_another_version_than_the_pinned_one_is_refused(monkeypatch):
    monkeypatch.setattr(sources, "_pins", lambda: {"click": "1.0"})
    with pytest.raises(CourseError, match="mined from click 1.0, and .* is installed"):
        corpus.packages(["click"])[0].check_version()


# A package made up for a test


class Made:
    """Looks like a `Package`; its files are written to a folder."""

    def __init__(self, folder, licence="MIT"):
        self.folder, self.licence = folder, licence
        self.title, self.name, self.version, self.asset = "made", "made", "1.0", None
        self.family, self.split = "made", "train"

    def files(self):
        return sorted((file.relative_to(self.folder).as_posix(), file) for file in self.folder.rglob("*.*"))


CODE = '''
import itertools
import re
import socket

LIMIT = 3
HOST = socket.gethostname

def helper(values):
    return [value for value in values if value < LIMIT]

def total(values: Iterable[Unknown]) -> Number:
    """Add up all values below the limit.

    >>> total([1, 2, 5])
    3
    """
    found = helper(values)
    return sum(found)

def words(text):
    """Split a text into its words, in order.

    >>> words("a b")
    ['a', 'b']
    """
    pattern = re.compile(r"\\\\w+")
    return pattern.findall(text)

def where(port):
    """Say where the machine can be reached now."""
    name = HOST()
    return f"{name}:{port}"

def loud(text):
    """Print a text in capital letters only."""
    text = text.upper()
    print(text)
'''
TESTS = """
import unittest
from made import code
from made.code import total, words

class TestTotal(unittest.TestCase):
    def test_small(self):
        self.assertEqual(total([1, 2]), 3)
        self.assertIn(total([]), (0,))

    def test_both(self):
        self.assertEqual(total([1]), len(words("a")))

    def test_wrong(self):
        self.assertEqual(code.total([1, 2]), 99)

    def test_nothing(self):
        total([1])
        self.assertTrue(True)
"""


@pytest.fixture
def made(tmp_path):
    for path, text in {"made/code.py": CODE, "made/tests/test_code.py": TESTS, "made/web.js": "let x"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return Made(tmp_path)


def rows_of(package):
    funnel = extract.Funnel()
    tables = {"docstrings": [], "functions": []}
    for table, row in corpus.of_package(package, funnel):
        tables[table].append(row)
    return tables, funnel.as_dict()


def test_rows_say_where_they_come_from(made):
    tables, funnel = rows_of(made)
    assert [row["name"] for row in tables["docstrings"]] == ["total", "words", "where", "loud"]
    row = tables["docstrings"][0]
    assert row["docstring"] == "Add up all values below the limit." and ">>>" not in row["code"]
    assert (row["package"], row["version"], row["licence"], row["path"]) == ("made", "1.0", "MIT", "made/code.py")
    assert CODE.split("\n")[row["line"] - 1].startswith("def total")
    assert funnel["lost"]["Python"] == {".js": 1} and funnel["lost"]["own code"] == {"tests": 1}


def test_functions_run_alone_with_what_they_need_and_no_more(made):
    tables, funnel = rows_of(made)
    found = {row["name"]: row["module"] for row in tables["functions"]}
    assert set(found) == {"helper", "total", "words"}
    assert "import re" not in found["total"] and "LIMIT = 3" in found["total"] and "def helper" in found["total"]
    assert funnel["lost"]["self-contained"] == {"needs other modules": 1, "reads or changes the outside": 1}
    assert not any('"""' in row["code"] or ">>>" in row["module"] for row in tables["functions"])
    space = {}
    exec(found["total"], space)
    assert space["total"]([1, 2, 5]) == 3


def test_only_tests_that_tell_right_from_wrong_are_kept(made):
    tables, _ = rows_of(made)
    total = next(row for row in tables["functions"] if row["name"] == "total")
    assert [test["kind"] for test in total["tests"]] == ["doctest", "unit", "unit", "unit"]  # test_both has two targets
    verify.verify(tables["functions"])
    assert [test["source"] for test in total["tests"]] == [
        "def test_total():\n    assert total([1, 2, 5]) == 3\n",
        "def test_small():\n    assert total([1, 2]) == 3\n    assert total([]) in (0,)\n",
    ]
    assert total["runs"] and total["call"].startswith("total(")


def test_a_package_under_another_licence_is_counted_and_left(made):
    made.licence = "GPL"
    tables, funnel = rows_of(made)
    assert tables == {"docstrings": [], "functions": []} and funnel["lost"]["packages"] == {"licence GPL": 1}


def test_bad_files_are_counted_and_lose_nothing_else(made):
    folder = made.folder / "made"
    (folder / "two.py").write_text("print 'two'\n", encoding="utf-8")
    (folder / "latin.py").write_bytes(b"x = '\xff'\n")
    (folder / "large.py").write_bytes(b"x = 1\n" * 2_000_000)
    (folder / "deep.py").write_text("x = " + "(" * 3000 + ")" * 3000, encoding="utf-8")
    listed = made.files()
    made.files = lambda: [*listed, ("made/gone.py", folder / "gone.py")]
    tables, funnel = rows_of(made)
    assert len(tables["docstrings"]) == 4
    assert funnel["lost"]["readable"] == {"not UTF-8": 1, "not there": 1, "too large": 1}
    assert funnel["lost"]["parsed"] == {"not Python of this version": 2}


def test_a_function_that_brings_its_process_down_costs_only_itself():
    def row(name, code, test):
        return {"name": name, "code": code, "module": code + "\n", "tests": [{"source": test}]}

    good = row("f", "def f(x):\n    return x + 1", "def test():\n    assert f(1) == 2\n")
    bad = row("g", "def g(x):\n    import os\n    os._exit(3)", "def test():\n    assert g(1) == 2\n")
    verify.verify([good, bad])
    assert good["tests"] and good["runs"]
    assert not bad["tests"] and not bad["runs"] and bad["call"] is None


# Functions that run alone: names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(x: Annotated) -> Result:\n    return g(x)", {"g"}),
        ("def f(x, y=DEFAULT):\n    y = x\n    return y", {"DEFAULT"}),
        ("def f(x):\n    return [len(a) for a in x if a in KNOWN]", {"len", "KNOWN"}),
        ("def f(n):\n    def inner(m):\n        return f(m) + n\n    return inner", set()),
        ("LIMIT: int = BASE + 1", {"BASE"}),
        ("TABLE = {key: len(value) for key, value in PAIRS}", {"len", "PAIRS"}),
        ("def f(x):\n    kind: Kind = x\n    return kind", set()),
    ],
)
def test_the_names_that_a_statement_takes_from_outside(code, names):
    assert alone.global_names(ast.parse(code).body[0], code) - {"f"} == names


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import numpy as np\ndef f(x):\n    return np.sum(x)", "needs other modules"),
        ("def f(x):\n    return open(x)", "reads or changes the outside"),
        ("COUNT = 0\ndef f():\n    global COUNT\n    COUNT += 1", "reads or changes the outside"),
        ("T = {}\nfor k in 'ab':\n    T[k] = 1\ndef f(x):\n    return T[x]", "a helper is defined twice"),
        ("T = []\nT.append(1)\ndef f(x):\n    return T[x]", "a helper is defined twice"),
        ("@cache\ndef f(x):\n    return x", "has a decorator"),
        ("class A: pass\ndef f(x):\n    return A()", "needs a class or a conditional definition"),
        ("try:\n    import a\nexcept ImportError:\n    a = 0\ndef f(x):\n    return a", "a helper is defined twice"),
        ("def f(x):\n    return 1\ndef f(x):\n    return 2", "defined twice"),
        ("def f(x):\n    import torch\n    return torch.ones(x)", "needs other modules"),
    ],
)
def test_why_a_function_cannot_be_cut_out(text, why):
    with pytest.raises(alone.NotAlone, match=why):
        alone.Module(*parsed(text)).alone("f")


# Tests that people wrote


def unit_tests(text, names=("f", "g")):
    tree, text = parsed(text)
    found = human_tests.unit_tests(tree, text, "t.py", set(names), lambda module: module.split(".")[0] in ("lib", ""))
    return [test.source for test in found]


def test_a_table_of_cases_is_written_out():
    assert unit_tests(
        """
        import pytest
        import lib as _

        @pytest.mark.parametrize("case,expected", [(([1, 2], 1), [1]), (([],), None)])
        def test_f(case, expected):
            assert _.f(*case) == expected
        """
    ) == ["def test_f():\n    assert f([1, 2], 1) == [1]\n    assert f([]) == None\n"]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("self.assertTrue(f(1))", "assert f(1)"),
        ("self.assertFalse(f(1))", "assert not f(1)"),
        ("self.assertIsNone(f(1))", "assert f(1) is None"),
        ("self.assertCountEqual(f(1), [2, 1])", "assert sorted(f(1)) == sorted([2, 1])"),
        ("self.assertRaises(ValueError, f, -1)", "with pytest.raises(ValueError):\n    f(-1)"),
        ("with self.assertRaises(ValueError):\n    f(-1)", "with pytest.raises(ValueError):\n    f(-1)"),
    ],
)
def test_assertions_of_unittest_become_plain(written, becomes):
    body = textwrap.indent(written, "        ")
    source = unit_tests(f"from lib import f\nclass TestF:\n    def test_it(self):\n{body}")[0]
    assert textwrap.indent(becomes, "    ") in source


@pytest.mark.parametrize(
    "body",
    [
        "assert f(1) == g(1)",  # two functions
        "f(1)",  # no assertion
        "assert f(self.value) == 1",
        "assert f(OTHER) == 1",  # from another module of the package
        "self.assertAlmostEqual(f(1), 1.0)",  # has no plain form of one line
        "import os\n        assert f(os.sep)",
    ],
)
def test_a_test_that_needs_more_is_left_out(body):
    assert unit_tests(f"from lib import f, g, OTHER\nclass TestF:\n    def test_it(self):\n        {body}\n") == []


def test_doctests_keep_preparation_and_literals_only():
    tree, text = parsed(
        '''
        def f(x):
            """Double it.

            >>> x = 2
            >>> f(x)
            4
            >>> f(object())
            <object object at 0x1>
            >>> f(0) == 0
            True
            """
        '''
    )
    test = human_tests.doctests(corpus.functions(tree, text)[0], "f.py")
    assert test.source == "def test_f():\n    x = 2\n    assert f(x) == 4\n    assert (f(0) == 0) is True\n"


# Duplicates


def variants(code, rng):
    """A near duplicate of `code`: a comment more, other blanks, and one name changed."""
    names = sorted({word for word in corpus.tokens(code) if word.isidentifier() and len(word) > 3})
    old = rng.choice(names)
    lines = code.replace(old, old + "_new").split("\n")
    lines.insert(rng.randrange(1, len(lines) + 1), "    # a remark that was not there")
    return "\n".join(line + " " * rng.randrange(3) for line in lines)


def test_planted_near_duplicates_are_found():
    rng = random.Random(0)
    codes = [row["code"] for row in small_corpus() if len(set(corpus.tokens(row["code"]))) >= 25]
    originals = rng.sample(codes, 100)
    others = [code for code in codes if code not in originals]
    texts = [*originals, *others, *(variants(code, rng) for code in originals)]
    found = {at for at, _ in corpus.near_duplicates(texts)}
    planted = range(len(texts) - 100, len(texts))
    assert sum(at in found for at in planted) >= 95


def small_corpus():
    """Rows of one small package and one asset, without duplicates."""
    rows = []
    for package in corpus.packages(["more-itertools", "networkx"]):
        rows += [row for table, row in corpus.of_package(package) if table == "docstrings"]
    return corpus.cleaned(rows, extract.Funnel())


def test_near_duplicates_are_those_that_all_pairs_give():
    rng = random.Random(1)
    codes = [row["code"] for row in small_corpus()][:150]
    texts = codes + [variants(code, rng) for code in codes[:40]]
    sets = [set(corpus.tokens(text)) for text in texts]
    kept, expected = [], []
    for at, words in enumerate(sets):
        twin = next((other for other in kept if corpus.jaccard(words, sets[other]) >= 0.8), None)
        if twin is None:
            kept.append(at)
        else:
            expected.append((at, twin))
    assert corpus.near_duplicates(texts) == expected


def test_shared_compares_all_pairs_exactly():
    rng = random.Random(2)
    texts = [" ".join(rng.choices("abcdefgh", k=12)) for _ in range(60)]
    found = {(at, round(index, 9)) for at, _, index in corpus.shared(texts[:30], texts[30:], threshold=0.6)}
    expected = set()
    for at, text in enumerate(texts[:30]):
        best = max(corpus.jaccard(set(text.split()), set(other.split())) for other in texts[30:])
        if best >= 0.6:
            expected.add((at, round(best, 9)))
    assert found == expected and corpus.shared([], texts) == []


@pytest.mark.parametrize("threshold", [0, 0.5, 1.1])
def test_a_threshold_that_the_bands_cannot_serve_is_refused(threshold):
    with pytest.raises(ValueError, match="Choose one above 0.5"):
        corpus.near_duplicates(["a"], threshold=threshold)


def test_runs_of_tokens_and_characters():
    assert duplicates.token_runs(2)("a + b") == {"a +", "+ b"} and duplicates.token_runs(9)("a + b") == {"a + b"}
    assert duplicates.character_runs(3)("ab  cd") == {"ab ", "b c", " cd"}


# What looks at all rows


def row(name, code, split="train", docstring="Do what has to be done here."):
    return {"id": f"{split}/{name}", "name": name, "code": code, "split": split, "docstring": docstring}


LONG = """def f(values, limit):
    found = []
    for value in values:
        if value > limit:
            found.append({})
    return found"""


def test_of_two_that_are_alike_the_held_out_one_stays():
    funnel = extract.Funnel()
    rows = [
        row("a", LONG.format("value"), docstring="Say one thing about it."),
        row("b", LONG.format("value + 1"), "test", docstring="Say another thing about it."),
    ]
    assert [one["name"] for one in corpus.cleaned(rows, funnel)] == ["b"]
    assert funnel.lost["no near duplicates"] == {"across splits": 1}


def test_private_rows_go_with_their_reason():
    funnel = extract.Funnel()
    mail, key = "someone" + "@" + "example.org", "ghp_" + "a1B2" * 9
    rows = [row("a", f"def f():\n    return {mail!r}"), row("b", f"def g():\n    token = {key!r}\n    return token")]
    assert corpus.cleaned(rows, funnel) == []
    assert funnel.lost["nothing private"] == {"personal data": 1, "a secret": 1}


def test_exact_duplicates_go_by_code_and_by_sentence():
    funnel = extract.Funnel()
    rows = [
        row("a", "def f(x):\n    return x", docstring="Give back what came in."),
        row("b", "def f(x):\n\n    return  x", docstring="Return the argument as it is."),
        row("c", "def other(y, z):\n    return y * z + 1", docstring="give back what came in"),
    ]
    assert len(corpus.cleaned(rows, funnel)) == 1
    assert funnel.lost["no exact duplicates"] == {"same code": 1, "same sentence": 1}


def test_leaks_are_seen_by_any_of_the_measures():
    rows = [row("a", LONG.format("value")), row("b", LONG.format("value - 1"), "test"), row("c", "x = 1")]
    assert [one["name"] for one in corpus.leaks(rows)] == ["a"]
    assert corpus.leaks(rows[1:]) == []


def test_human_eval_is_recognised_by_name_and_by_code():
    task = corpus.human_eval()[0]
    assert corpus.in_human_eval(task["entry_point"], "def f(): pass")
    assert corpus.in_human_eval("renamed", task["canonical_solution"])
    assert not corpus.in_human_eval("Basket." + task["entry_point"], "def f(): pass")
    assert not corpus.in_human_eval("total", "def total(values):\n    return sum(value.price for value in values)")


def test_an_unknown_table_or_split_is_refused():
    with pytest.raises(CourseError, match="There is no table 'rows'"):
        load("rows")
    with pytest.raises(CourseError, match="with a split 'dev'"):
        load("functions", "dev")


def test_the_assets_of_the_corpus_are_known():
    assert {package.asset for package in corpus.packages() if package.asset} <= set(assets.ASSETS)


def test_a_place_that_cannot_be_written_to_is_said_plainly(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr("helpers.corpus.cache.folder", lambda names: tmp_path / "file" / "corpus")
    with pytest.raises(CourseError, match="cannot be written to .* Set COURSE_HOME to a folder"):
        load("docstrings")


def test_an_interrupted_mining_leaves_nothing_and_starts_again(tmp_path, monkeypatch):
    def interrupted(names):
        raise KeyboardInterrupt

    monkeypatch.setattr("helpers.corpus.cache.folder", lambda names: tmp_path / "corpus")
    monkeypatch.setattr("helpers.corpus.cache.mine", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load("docstrings")
    assert not (tmp_path / "corpus").exists()
    kept = {"id": "a", "split": "test"}
    monkeypatch.setattr("helpers.corpus.cache.mine", lambda names: ({"docstrings": [kept], "functions": []}, {}))
    assert load("docstrings") == [kept] and load("functions", "train") == []


def test_a_notebook_knows_no_more_builtins_than_a_program():
    code = "from helpers.corpus import alone; print(sorted(alone.BUILTINS))"
    variables = os.environ | {"IPYTHONDIR": os.devnull, "PYTHONPATH": str(sources.ROOT)}
    plain, notebook = (
        subprocess.run([sys.executable, *way, code], capture_output=True, text=True, check=True, env=variables).stdout
        for way in (["-c"], ["-m", "IPython", "--colors=NoColor", "-c"])
    )
    assert plain == notebook and "'len'" in plain
