"""What lesson 03 prompts about: the functions are real and fixed, answers are cleaned alike, ROUGE is the package's."""

import ast

import pytest

from helpers import metrics, prompting
from helpers.errors import CourseError


def test_functions_are_real_short_and_without_their_docstring():
    rows = prompting.documented_functions("test")
    assert len(rows) == 120 and len({row["id"] for row in rows}) == 120
    for row in rows:
        tree = ast.parse(row["text"])
        assert isinstance(tree.body[0], ast.FunctionDef) and ast.get_docstring(tree.body[0]) is None
        (sentence,) = row["references"]
        assert sentence.endswith(".") and 4 <= len(sentence.split()) <= 25 and sentence not in row["text"]


def test_examples_come_from_other_packages():
    test, examples = (prompting.documented_functions(split) for split in ("test", "example"))
    assert len(examples) >= 40
    assert not {row["package"] for row in test} & {row["package"] for row in examples}
    assert not {row["references"][0] for row in test} & {row["references"][0] for row in examples}


def test_the_same_functions_each_time_and_nobody_can_spoil_them():
    rows = prompting.documented_functions("example", per_package=2)
    ids = [row["id"] for row in rows]
    rows[0]["text"] = "spoilt"
    again = prompting.documented_functions("example", per_package=2)
    assert [row["id"] for row in again] == ids and again[0]["text"] != "spoilt"


def test_what_cannot_be_is_said(monkeypatch):
    with pytest.raises(CourseError, match="no split 'train'"):
        prompting.documented_functions("train")
    monkeypatch.setitem(prompting.PACKAGES, "test", ("no_such_package",))
    with pytest.raises(CourseError, match="no_such_package is not installed"):
        prompting.documented_functions("test")


@pytest.mark.parametrize(
    ("answer", "cleaned"),
    [
        ("Return it.", "Return it."),
        ('"Return it." It is fast.', "Return it."),
        ("Summary: They meet.", "They meet."),
        ("Here is a summary of the chat:\n\nThey meet. They go.", "They meet."),
        ("Sure! They meet.", "They meet."),
        ('```python\ndef f():\n    """Do it.\n\n    More.', "Do it."),
        ("```python\nx = 1\n```\nIt sets x.", "It sets x."),
        ("```python\nx = 1\n", ""),
        ("Rounds 2.5 down", "Rounds 2.5 down"),
        ("", ""),
    ],
)
def test_answers_are_cleaned(answer, cleaned):
    assert prompting.clean(answer) == cleaned


def test_more_sentences_are_kept_where_asked():
    assert prompting.clean("One. Two! Three?", sentences=2) == "One. Two!"


def test_baselines():
    assert prompting.name_as_words("```python\ndef add_node(x):\n```") == "Add node."
    assert prompting.name_as_words("def getEncoding(x): ...") == "Get encoding."
    assert prompting.first_words("a b c d", 2) == "a b"


def test_rouge_is_the_packages():
    from rouge_score.rouge_scorer import RougeScorer

    answer, reference = "returns the sum of numbers", "Return the sum of a list of numbers."
    theirs = RougeScorer(["rouge1", "rougeL"]).score(reference, answer)
    (ours,) = metrics.rouge([answer], [reference])
    assert ours["rouge1"] == 100 * theirs["rouge1"].fmeasure and ours["rougeL"] == 100 * theirs["rougeL"].fmeasure
    assert ours["words"] == 5
    assert metrics.rouge(["a b"], [["x", "a b"]])[0]["rouge1"] == 100
    assert metrics.rouge([""], ["a b"])[0] == {"rouge1": 0, "rougeL": 0, "words": 0}
    with pytest.raises(CourseError, match="2 predictions but 1 references"):
        metrics.rouge(["a", "b"], ["a"])
