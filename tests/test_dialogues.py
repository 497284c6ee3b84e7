"""The dialogues keep what their card promises, and a damaged file is said."""

import json
import re
from itertools import combinations
from statistics import mean

import pytest
from rouge_score.rouge_scorer import RougeScorer

from helpers import course, dialogues
from helpers.errors import CourseError

ROWS = dialogues.load()
CARD = (course.ROOT / "data" / "cards" / "dialogues.md").read_text(encoding="utf-8")
SCORER = RougeScorer(["rouge1"])  # F of single words; lower case, no stemming
CONSTANT = "The two of them talk about a problem and agree on what one of them is going to do about it."

# "one", "first" and "second" are left out: they are seldom a number.
SMALL = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
VALUES = {word: str(value) for value, word in enumerate((SMALL + " eighteen nineteen").split(), 2)}
VALUES |= {word: str(10 * value) for value, word in enumerate("twenty thirty forty fifty sixty seventy".split(), 2)}
VALUES |= {"eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1000", "million": "1000000", "half": "0.5"}
VALUES |= {"third": "3", "fourth": "4", "fifth": "5", "nineteenth": "19", "twentieth": "20"}
# Words that begin a sentence of a summary without being names.
OPENERS = set(
    "A After Afterwards Against Asked Because Before Being By Checkout Dashed Deleting For He In Instead Invoices "
    "Most Next Nothing On One Pairing Red Reminders She Since Size Storing Stuck Thanks The Their They To While "
    "With Without Work".split()
)


def words(text):
    return re.findall(r"\w+", text.lower())


def grams(text, size=5):
    found = words(text)
    return {tuple(found[start : start + size]) for start in range(len(found) - size + 1)}


def numbers(text):
    """Every number in a text, digits or a word, as digits."""
    found = re.findall(r"\d+(?:[.:]\d+)*|[^\W\d_]+", text.lower())
    return {VALUES.get(word, word) for word in found if word in VALUES or word[0].isdigit()}


def best_of_others(candidates, references):
    """ROUGE-1 F in points: candidate k against the better of the references other than k, averaged over k."""
    scores = []
    for held_out, candidate in enumerate(candidates):
        others = [reference for index, reference in enumerate(references) if index != held_out]
        scores.append(max(SCORER.score(other, candidate)["rouge1"].fmeasure for other in others))
    return 100 * mean(scores)


def rouge_of(candidates_of):
    return mean(best_of_others(candidates_of(row), row["summaries"]) for row in ROWS)


def in_card(label):
    return float(re.search(rf"{label}\D*(\d+\.\d)", CARD)[1])


def test_forty_rows_eight_of_them_examples():
    assert [len(dialogues.load(split)) for split in (None, "example", "test")] == [40, 8, 32]
    assert [row["id"] for row in ROWS] == [f"d{number:02}" for number in range(1, 41)]
    for field in ("topic", "dialogue"):
        assert len({row[field] for row in ROWS}) == 40, f"two rows share their {field}"


def test_every_call_gives_rows_of_its_own():
    dialogues.load()[0]["summaries"].clear()
    assert dialogues.load() == ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_dialogue_has_its_form(row):
    turns = row["dialogue"].split("\n")
    assert 6 <= len(turns) <= 14 and 70 <= len(row["dialogue"].split()) <= 180
    assert all(re.fullmatch(r"[^\W\d_][\w-]*: \S.*\S", turn) for turn in turns)
    assert len({turn.split(":")[0] for turn in turns}) in (2, 3)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_three_different_summaries_of_a_sentence_or_two(row):
    assert len({tuple(words(summary)) for summary in row["summaries"]}) == 3
    for summary in row["summaries"]:
        assert 12 <= len(summary.split()) <= 35 and summary.endswith(".")
        assert len(re.findall(r"[.?!](?= |$)", summary)) <= 2
    for one, other in combinations(row["summaries"], 2):
        assert best_of_others([one], [None, other]) < 75, "one is nearly a copy of the other"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_names_and_numbers_of_a_summary_come_from_the_dialogue(row):
    spoken = set(re.findall(r"\w+", row["dialogue"]))
    for summary in row["summaries"]:
        for sentence in re.split(r"(?<=[.?!]) ", summary):
            first, *rest = re.findall(r"\w+", sentence)
            names = {word for word in rest if word[0].isupper()} | ({first} - OPENERS)
            assert names <= spoken, f"{names - spoken} in: {summary}"
        assert numbers(summary) <= numbers(row["dialogue"]), summary


def test_the_check_of_numbers_sees_a_wrong_one():
    assert numbers("At half past nine on the 3rd, in 2.4 or 16:40") == {"0.5", "9", "3", "2.4", "16:40"}
    assert numbers("thirty-eight of forty") == {"30", "8", "40"}


def test_no_dialogue_is_nearly_another():
    opening = ROWS[0]["dialogue"]
    assert grams(opening) & grams("So: " + opening[40:]), "a shared part would be seen"
    for one, other in combinations(ROWS, 2):
        assert not grams(one["dialogue"]) & grams(other["dialogue"]), (one["id"], other["id"])


def test_references_agree_more_than_trivial_summaries_and_the_card_says_how_much():
    references = rouge_of(lambda row: row["summaries"])
    constant = rouge_of(lambda row: [CONSTANT] * 3)
    opening = rouge_of(lambda row: [" ".join(row["dialogue"].split()[:20])] * 3)
    assert 25 < references < 75 and references > opening + 5 and references > constant + 10
    measured = [references, constant, opening]
    assert measured == pytest.approx(
        [in_card(label) for label in ("another reference", "sentence of 21", "first 20")], abs=0.06
    )
    lengths = [mean(len(row["dialogue"].split()) for row in ROWS)]
    lengths += [mean(len(summary.split()) for row in ROWS for summary in row["summaries"])]
    assert lengths == pytest.approx([in_card("Words a dialogue"), in_card("words a summary")], abs=0.06)


def test_the_file_is_utf_8_with_a_row_a_line():
    data = dialogues.FILE.read_bytes()
    text = data.decode("utf-8").replace("\r\n", "\n")  # as git may check it out on Windows
    assert text.endswith("}\n") and not text.startswith("\ufeff") and "\\u" not in text
    assert "Lucía" in text and len(text.splitlines()) == 40


@pytest.mark.parametrize("split", ["train", "", ["test"], 0])
def test_an_unknown_split_is_told_the_known_ones(split):
    with pytest.raises(CourseError, match=re.escape(f"no split {split!r}. Choose one of example, test")):
        dialogues.load(split)


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """Write bytes, or rows, in place of the file."""

    def write(content):
        if not isinstance(content, bytes):
            content = "".join(json.dumps(row) + "\n" for row in content).encode()
        monkeypatch.setattr(dialogues, "FILE", tmp_path / "dialogues.jsonl")
        dialogues.FILE.write_bytes(content)

    return write


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda rows: rows[:-1], "has 31 rows of the split test, not 32"),
        (lambda rows: [], "has 0 rows of the split example"),
        (lambda rows: b'{"id": "d01", "top', "is not JSON in line 1"),
        (lambda rows: b"\xff\xfe\x00", "is not UTF-8 text"),
        (lambda rows: [3, *rows], "has other fields than id, topic, .* in line 1"),
        (lambda rows: [rows[0], {**rows[1], "more": 1}], "has other fields than .* in line 2"),
        (lambda rows: [{**rows[0], "summaries": rows[0]["summaries"][:2]}], "one of three summaries, in line 1"),
        (lambda rows: [{**rows[0], "summaries": "abc"}], "one of three summaries, in line 1"),
        (lambda rows: [{**rows[0], "dialogue": " "}], "lacks a text"),
        (lambda rows: [{**rows[0], "split": "train"}], "has an unknown split in line 1"),
    ],
)
def test_a_damaged_file_is_said_with_the_way_out(damaged, change, said):
    damaged(change(dialogues.load()))
    with pytest.raises(CourseError, match=said + r".*\. Take the file anew from the course's repository\."):
        dialogues.load()


def test_a_missing_file_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(dialogues, "FILE", tmp_path / "none.jsonl")
    with pytest.raises(CourseError, match="cannot be read .No such file"):
        dialogues.load()
