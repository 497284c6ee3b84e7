"""Lesson 01's own byte pair encoding finds the library's merges and tokens; fertility, colours, languages."""

import html
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import regex
import tokenizers
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from helpers import models, tokenization
from helpers.errors import CourseError
from helpers.plots import tokens as pictures

LESSON = Path(__file__).resolve().parents[1] / "notebooks" / "01_tokenization.ipynb"


@pytest.fixture(scope="module")
def lesson():
    """The functions that the lesson writes out, from its own cells."""
    scope = {
        "Counter": Counter, "pairwise": pairwise, "regex": regex, "json": __import__("json"),
        "tokenizers": tokenizers, "tokenization": tokenization,
    }  # fmt: skip
    wanted = ["WORD = ", "def split(", "def count_pairs(", "def merge(", "def train(", "def encode(", "def byte_level("]
    cells = [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    for start in wanted:
        (source,) = [cell for cell in cells if re.search(rf"^{re.escape(start)}", cell, re.MULTILINE)]
        exec(source, scope)
    return scope


TEXTS = [
    "low lower lowest newer newest wide wider\n" * 3,
    "aaaa aaa aa a aaaaaaa",
    "abab baba abba " * 4,
    "def f(x):\n    return x + 1\n\n\ndef g(x):\n\treturn f(x) * 2.50  # €\n",
    "Größe, Straße, Füße; déjà vu, où; mañana",
    "Привет, мир! Привет, мир! Мир, труд.",
    "玛拉在自家的屋顶上养蜜蜂。蜜蜂蜜蜂。 マーラ マーラ",
    "मधुमक्खियाँ पालती है। मधुमक्खियाँ",
    "it's, we're, I'll, they've, 'tis; don't \u00a0 \u2003 end",
    "😀😀 👩‍👩‍👧 😀",
    "x",
    "",
]


def library(lesson, text, size):
    made = lesson["train_library"]([text], size)
    return made, lesson["merges_of"](made)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("size", [256, 257, 280, 400])
def test_the_lesson_finds_the_merges_of_the_library(lesson, text, size):
    made, merges = library(lesson, text, size)
    assert lesson["train"](text, size) == merges
    assert lesson["encode"](text, merges) == made.encode(text).tokens


def test_and_on_many_random_texts(lesson):
    rng = random.Random(0)
    alphabets = ["ab", "abc ", "aA1 \n", "äéß€ x", "😀你好 ab", "a b_=(1) \t\n'st"]
    for _ in range(150):
        alphabet = rng.choice(alphabets)
        text = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 200)))
        made, merges = library(lesson, text, rng.choice([260, 300, 400]))
        assert lesson["train"](text, 256 + len(set(map("".join, merges)))) == merges, repr(text)
        assert lesson["encode"](text[::-1], merges) == made.encode(text[::-1]).tokens, repr(text)


def test_ties_go_to_the_smaller_numbers(lesson):
    assert lesson["train"]("ba ab", 257) == [("a", "b")]
    assert lesson["train"]("ab ba", 257) == [("a", "b")]


def test_nothing_is_lost(lesson):
    merges = lesson["train"]("".join(TEXTS), 400)
    unseen = "Ünseen\r\n\x00 text 🎻 ܫ"
    back = {letter: byte for byte, letter in tokenization.byte_letters().items()}
    assert bytes(back[letter] for letter in "".join(lesson["encode"](unseen, merges))).decode() == unseen


def test_the_letters_are_the_librarys(lesson):
    assert lesson["letters"] == tokenization.byte_letters()
    assert sorted(lesson["letters"].values()) == sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())


@pytest.mark.parametrize("tokens", [[], ["a"], list("aaa"), list("aaaab"), list("abcab"), ["ab", "a", "b"]])
@pytest.mark.parametrize("pair", [("a", "a"), ("a", "b")])
def test_the_helpers_merge_is_the_solutions(lesson, tokens, pair):
    assert tokenization.merge(tokens, pair) == lesson["merge"](tokens, pair)
    assert "".join(tokenization.merge(tuple(tokens), pair)) == "".join(tokens)


def test_fertility_is_tokens_over_words():
    assert tokenization.fertility(list, ["ab cd", "efg"]) == pytest.approx(8 / 3)
    for texts in ([], ["  \n"]):
        with pytest.raises(CourseError, match="no words"):
            tokenization.fertility(list, texts)


def test_tokens_become_readable():
    assert tokenization.readable(["Ġdef", "ĊĠĠĠ", "Ã¶", "Ã", "<|im_end|>"]) == [
        " def",
        "\n   ",
        "ö",
        "\ufffd",
        "<|im_end|>",
    ]


def test_letters_that_stand_for_no_byte_are_kept():
    assert tokenization.readable(["▁def", "你"]) == ["▁def", "你"]


def test_the_base_model_cuts_numbers_into_digits():
    tokenizer = models.load_tokenizer()
    assert all(len(tokenizer.tokenize(str(number))) == len(str(number)) for number in range(0, 100_000, 7))


def test_nats_are_the_models_loss():
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=50, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2)
    ).eval()
    ids = [3, 14, 15, 9, 26]
    found = tokenization.nats(model, ids)
    rows = torch.tensor([ids])
    with torch.no_grad():
        expected = model(rows, labels=rows).loss.item()
    assert len(found) == 4 and sum(found) / 4 == pytest.approx(expected, rel=0.02)  # computed in bf16
    for wrong in ([3], [], [3, 50]):
        with pytest.raises(CourseError, match="two or more token numbers, each below 50"):
            tokenization.nats(model, wrong)


SCRIPTS = {
    "Russian": "CYRILLIC", "Greek": "GREEK", "Arabic": "ARABIC", "Hindi": "DEVANAGARI", "Chinese": "CJK",
    "Japanese": "HIRAGANA",
}  # fmt: skip


def test_languages_are_ten_texts_of_six_sentences_in_their_scripts():
    import unicodedata

    rows = tokenization.languages()
    assert len({row["language"] for row in rows}) == len({row["text"] for row in rows}) == 10
    for row in rows:
        assert len(re.findall(r"[.。।]", row["text"])) == 6, row["language"]
        assert (len(row["text"].split()) > 30) == row["words"]
        assert unicodedata.is_normalized("NFC", row["text"]) or row["language"] == "Hindi"
        script = SCRIPTS.get(row["language"], "LATIN")
        letters = [character for character in row["text"] if character.isalpha()]
        share = sum(unicodedata.name(letter).startswith(script) for letter in letters) / len(letters)
        assert share > (0.4 if script == "HIRAGANA" else 0.95), row["language"]


def test_coloured_text_is_escaped_and_whole():
    pieces = ["<b>", "\n    ", "a & b", "\t"]
    page = pictures.coloured(pieces, "1 < 2", ids=[1, 2, 3, 4])
    assert "<b>1 &lt; 2</b>" in page and "&lt;b&gt;" in page and 'title="token 3"' in page
    body = html.unescape(re.sub(r"<[^>]+>", "", page[page.index("<pre") :]))
    assert body.replace("↵", "").replace("→", "") == "".join(pieces)
    assert "color:#111" in page  # the text's colour is set wherever the ground's is


def test_the_mask_marks_what_is_trained(capsys):
    pictures.masked(["Hi", " there", "<|im_end|>"], [False, True, True])
    # Outside a notebook, the plain form is printed.
    assert "Hi[ there][<|im_end|>]" in capsys.readouterr().out.replace("\\n", "\n")


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: pictures.languages({"English": {"a": 3, "b": 9}, "Greek": {"a": 7, "b": 12}}), "Greek a 7, b 12"),
        (lambda: pictures.vocabulary([(256, 1.0), (512, 2.5)], {"base": (4096, 4.0)}), "base with 4,096: 4.00"),
        (lambda: pictures.indentation({"a": dict.fromkeys(range(9), 1)}), "a 1 for 0, 1 for 8"),
        (lambda: pictures.surprise({"own": [[2.0] * 20, [4.0] * 30]}, 10.8), "own 3.0 at the start"),
    ],
)
def test_figures_say_what_they_show(draw, words, monkeypatch):
    shown = []
    monkeypatch.setattr(pictures, "show", lambda figure, alt: shown.append((figure, alt)))
    draw()
    ((figure, alt),) = shown
    assert words in alt and figure.axes
