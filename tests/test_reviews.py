"""The review comments keep what their card promises, and a damaged file is said."""

import ast
import codecs
import hashlib
import json
import re
import warnings
from collections import Counter
from itertools import combinations
from statistics import mean

import pytest

from helpers import course, reviews
from helpers.corpus.code import tokens
from helpers.corpus.duplicates import THRESHOLD, jaccard, shared
from helpers.errors import CourseError

ROWS = reviews.load()
CARD = (course.ROOT / "data" / "cards" / "review_comments.md").read_text(encoding="utf-8")

# Words that no comment may hold, by rot13, so that nobody has to read them here: strong swear words, slurs, sex,
# threats, and words on body, mental health, gender, age, origin and religion.
FORBIDDEN = codecs.decode(
    "shpx shpxvat fuvg ohyyfuvg ovgpu onfgneq nff nffubyr qvpx cvff phag juber fyhg ergneq ergneqrq pergva fcnfgvp "
    "yhangvp vafnar penml cflpub oyvaq qrns ynzr pevccyr sng fgvaxf xvyy zheqre fubbg fgno chapu fync fhvpvqr sverq "
    "tvey jbzna zna obbzre vzzvtenag sbervtare tnl yrfovna dhrre encr frk frkl anmv wrj zhfyvz puevfgvna tbq wrfhf",
    "rot13",
).split()


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def sentences(text):
    return [part for part in re.split(r"(?<=[.?!]) ", text) if len(part.split()) > 3]


def comments(tone):
    return [row["comments"][tone] for row in ROWS]


def at_the_person(row):
    return row["ranking"][-1] == "gruff"


def test_360_rows_of_32_kinds_in_three_splits():
    sizes = [len(reviews.load(split)) for split in (None, "train", "validation", "test")]
    assert sizes == [360, 210, 30, 120]
    assert [row["id"] for row in ROWS] == [f"r{number:03}" for number in range(1, 361)]
    assert set(Counter(row["kind"] for row in ROWS).values()) == {11, 12} and len(reviews.KINDS) == 32
    assert list(reviews.KINDS) == sorted({row["kind"] for row in ROWS})


def test_the_split_follows_from_the_ids_and_balances_kinds_and_rankings():
    def place(row):
        return row["kind"], row["ranking"], hashlib.sha256(row["id"].encode()).hexdigest()

    order = sorted(ROWS, key=place)
    test = order[1::3]
    rest = [row for row in order if row not in test]
    validation = rest[4::8]
    assert test == sorted(reviews.load("test"), key=place)
    assert validation == sorted(reviews.load("validation"), key=place)
    for kind in reviews.KINDS:
        assert sum(row["kind"] == kind for row in test) in (3, 4)
        assert sum(row["kind"] == kind for row in validation) <= 1
    assert sum(map(at_the_person, test)) == 40


def test_every_call_gives_rows_of_its_own():
    reviews.load()[0]["comments"].clear()
    assert reviews.load() == ROWS


def test_the_code_is_a_short_function_or_class_that_parses():
    for row in ROWS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            body = ast.parse(row["code"], feature_version=(3, 11)).body
        assert [type(node) for node in body] in ([ast.FunctionDef], [ast.AsyncFunctionDef], [ast.ClassDef]), row["id"]
        lines = row["code"].split("\n")
        assert 3 <= len(lines) <= 12 and max(map(len, lines)) <= 88, row["id"]


def test_the_texts_have_their_form():
    for row in ROWS:
        assert row["issue"].endswith(".") and len(row["issue"].split()) <= 25, row["id"]
        keywords = row["keywords"]
        assert 2 <= len(keywords) == len(set(keywords)) <= 5, row["id"]
        assert all(word == word.lower().strip() and len(word) > 1 for word in keywords), row["id"]
        for tone, text in row["comments"].items():
            assert text == text.strip() and text[-1] in ".?!" and "\n" not in text, row["id"]
            assert (5 if tone == "vague" else 15) <= len(text.split()) <= 40, row["id"]
            assert not re.search("[\u2018\u2019\u201c\u201d\u2013\u2014]", text), "only ASCII quotes and dashes"
            assert text.count("`") % 2 == 0 and not (tone == "vague" and "`" in text), "the card names this cue"


def test_courteous_and_gruff_name_the_problem_and_vague_does_not():
    expected = {"courteous": True, "gruff": True, "vague": False}
    for row in ROWS:
        named = {tone: reviews.mentions(text, row["keywords"]) for tone, text in row["comments"].items()}
        assert named == expected, row["id"]


def test_no_vague_comment_names_the_problem_of_any_row():
    for row in ROWS:
        assert not [text for text in comments("vague") if reviews.mentions(text, row["keywords"])], row["id"]


@pytest.mark.parametrize(
    "comment, keywords, named",
    [
        ("Two calls race here.", ["race"], True),
        ("The trace is lost.", ["race"], False),
        ("A race_id is kept.", ["race"], False),
        ("Lock it: `asyncio.Lock`.", ["lock"], True),
        ("A Nested  loop", ["nested loop"], False),
        ("A NESTED LOOP.", ["nested loop"], True),
        ("Take `n+1`.", ["+1"], True),
        ("`None` of it", ["`none`"], True),
        ("None of it", ["`none`"], False),
        ("Read `row[3]`.", ["row[3]", "dataclass"], True),
        ("It is 1.10.", ["1.10"], True),
        ("", ["lock"], False),
        ("lock", [], False),
    ],
)
def test_mentions(comment, keywords, named):
    assert reviews.mentions(comment, keywords) is named


def test_the_ranking_follows_the_rubric():
    for row in ROWS:
        called_names = reviews.mentions(row["comments"]["gruff"], reviews.PERSON_WORDS)
        if at_the_person(row):
            assert row["ranking"] == ["courteous", "vague", "gruff"], row["id"]
            assert called_names or reviews.mentions(row["comments"]["gruff"], ["you"]), row["id"]
        else:
            assert row["ranking"] == ["courteous", "gruff", "vague"] and not called_names, row["id"]
        for tone in ("courteous", "vague"):
            assert not reviews.mentions(row["comments"][tone], reviews.PERSON_WORDS), row["id"]


def test_a_third_of_the_gruff_comments_aims_at_the_person():
    assert sum(map(at_the_person, ROWS)) == 120


def test_length_tells_courteous_and_gruff_not_apart():
    for split in (None, *reviews.SPLITS):
        lengths = {
            tone: mean(len(row["comments"][tone].split()) for row in reviews.load(split)) for tone in reviews.TONES
        }
        assert lengths["gruff"] == pytest.approx(lengths["courteous"], rel=0.1), split
    aims = [[len(row["comments"]["gruff"].split()) for row in ROWS if at_the_person(row) == aim] for aim in (0, 1)]
    assert mean(aims[0]) == pytest.approx(mean(aims[1]), rel=0.1)


def test_gruff_comments_are_rude_in_many_ways_and_the_others_are_not():
    rude = {tone: sum(reviews.mentions(text, reviews.RUDE_WORDS) for text in comments(tone)) for tone in reviews.TONES}
    assert rude["gruff"] >= 0.98 * 360 and rude["vague"] == 0
    assert rude["courteous"] <= 2, "a lazy filter and a garbage collector"
    for word in reviews.RUDE_WORDS:
        held = sum(reviews.mentions(text, [word]) for text in comments("gruff"))
        assert 5 <= held <= (90 if word == "stupid" else 60), word


def test_no_comment_holds_a_word_that_goes_too_far():
    assert reviews.mentions(codecs.decode("V jvyy xvyy vg.", "rot13"), FORBIDDEN), "the check sees one"
    for row in ROWS:
        for text in (row["issue"], *row["comments"].values()):
            assert not reviews.mentions(text, FORBIDDEN), text


def test_nothing_is_said_twice():
    for tone in reviews.TONES:
        counts = Counter(part.lower() for text in comments(tone) for part in sentences(text))
        assert not [part for part, count in counts.items() if count > 1]
        assert len({text[:12] for text in comments(tone)}) > 300, "openings vary"


@pytest.mark.parametrize("field", ["code", *reviews.TONES])
def test_no_near_duplicates_at_all_and_so_none_across_the_splits(field):
    texts = [row["code"] if field == "code" else row["comments"][field] for row in ROWS]
    sets = [set(tokens(text)) if field == "code" else words(text) for text in texts]
    for one, other in combinations(range(len(ROWS)), 2):
        assert jaccard(sets[one], sets[other]) < THRESHOLD, (ROWS[one]["id"], ROWS[other]["id"])


def test_the_corpus_finds_no_near_duplicate_of_a_test_row_either():
    seen = [row["code"] for row in ROWS if row["split"] != "test"]
    held_out = [row["code"] for row in reviews.load("test")]
    assert not shared(held_out, seen)
    assert shared([seen[0] + "  # copied"], seen)[0][:2] == (0, 0), "the check sees one"


def test_comments_on_one_situation_differ():
    for row in ROWS:
        courteous, gruff = words(row["comments"]["courteous"]), words(row["comments"]["gruff"])
        assert jaccard(courteous, gruff) < THRESHOLD


def test_the_card_has_the_table_that_the_module_prints():
    assert f"```\n{reviews.table()}\n```" in CARD


def test_the_file_is_utf_8_with_a_row_a_line():
    data = reviews.FILE.read_bytes()
    text = data.decode("utf-8").replace("\r\n", "\n")  # as git may check it out on Windows
    assert text.endswith("}\n") and not text.startswith("\ufeff") and len(text.splitlines()) == 360
    assert "\\u" not in text.replace(r"\\ufeff", "")
    assert {sign for sign in text if ord(sign) > 126} == set("ßéë€°"), "in code and comments on encodings"


@pytest.mark.parametrize("split", ["dev", "", ["test"], 0])
def test_an_unknown_split_is_told_the_known_ones(split):
    with pytest.raises(CourseError, match=re.escape(f"no split {split!r}. Choose one of train, validation, test")):
        reviews.load(split)


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """Write bytes, or rows, in place of the file."""

    def write(content):
        if not isinstance(content, bytes):
            content = "".join(json.dumps(row) + "\n" for row in content).encode()
        monkeypatch.setattr(reviews, "FILE", tmp_path / "review_comments.jsonl")
        reviews.FILE.write_bytes(content)

    return write


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda rows: rows[:-1], "has .* rows of the split .*, not"),
        (lambda rows: [], "has 0 rows of the split train, not 210"),
        (lambda rows: b'{"id": "r001", "ki', "is not JSON in line 1"),
        (lambda rows: b"\xff\xfe\x00", "is not UTF-8 text"),
        (lambda rows: [3, *rows], "has other fields than id, kind, .* in line 1"),
        (lambda rows: [rows[0], {**rows[1], "more": 1}], "has other fields than .* in line 2"),
        (lambda rows: [{**rows[0], "keywords": "start"}], "has an empty or unusable field in line 1"),
        (lambda rows: [{**rows[0], "keywords": []}], "has an empty or unusable field in line 1"),
        (lambda rows: [{**rows[0], "keywords": ["start", 3]}], "lacks a text in line 1"),
        (lambda rows: [{**rows[0], "issue": " "}], "lacks a text in line 1"),
        (lambda rows: [{**rows[0], "comments": {"courteous": "Thanks."}}], "lacks one of courteous, gruff, vague"),
        (lambda rows: [{**rows[0], "ranking": ["courteous", "gruff", "gruff"]}], "lacks one of courteous"),
        (lambda rows: [{**rows[0], "split": "dev"}], "has an unknown split or kind"),
        (lambda rows: [{**rows[0], "kind": "typo"}], "has an unknown split or kind"),
    ],
)
def test_a_damaged_file_is_said_with_the_way_out(damaged, change, said):
    damaged(change(reviews.load()))
    with pytest.raises(CourseError, match=said + r".*\. Take the file anew from the course's repository\."):
        reviews.load()


def test_a_missing_file_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(reviews, "FILE", tmp_path / "none.jsonl")
    with pytest.raises(CourseError, match="cannot be read .No such file"):
        reviews.load()
