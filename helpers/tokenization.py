"""Pieces of lesson 01: its own merge, fertility and colouring, for use after the exercises.

The byte-level alphabet is that of GPT-2 (Radford et al. 2019), which nearly every code model has taken over.
"""

import tomllib
from functools import cache

from helpers import course
from helpers.errors import CourseError


def merge(tokens, pair):
    """`tokens` with every occurrence of the neighbours `pair` joined into one token, from left to right.

    tokens: a list or tuple of strings; pair: two strings. Returns a list. In "aaa" the pair ("a", "a") occurs once.
    """
    merged, at = [], 0
    while at < len(tokens):
        here = 2 if tuple(tokens[at : at + 2]) == tuple(pair) else 1
        merged.append("".join(tokens[at : at + here]))
        at += here
    return merged


def fertility(tokenize, texts):
    """Tokens per word: all tokens of `texts` over all their words, where words are what whitespace separates.

    tokenize: a function, text → list of tokens. Raises CourseError where there is no word.
    """
    words = sum(len(text.split()) for text in texts)
    if not words:
        raise CourseError("There are no words in these texts, so nothing to divide by. Pass texts that hold words.")
    return sum(len(tokenize(text)) for text in texts) / words


@cache
def byte_letters():
    """Byte → the letter that stands for it in a token's name: itself where printable, else one from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def readable(tokens):
    """The text that each token of a byte-level vocabulary stands for; half a character becomes "\ufffd"."""
    bytes_of = {letter: byte for byte, letter in byte_letters().items()}

    def text(token):
        # What is no letter of a byte stands for itself: the names of special tokens.
        parts = (bytes([bytes_of[letter]]) if letter in bytes_of else letter.encode("utf-8") for letter in token)
        return b"".join(parts).decode("utf-8", "replace")

    return [text(token) for token in tokens]


def nats(model, ids):
    """How surprised `model` is by each token after the first: a list of len(ids) - 1 numbers, in nats.

    ids: a list of at least two token numbers, each below the size of the model's vocabulary. The sum over a text,
    divided by its bytes, compares tokenizers: per token they could not be compared.
    """
    import torch

    size = model.get_input_embeddings().num_embeddings
    if len(ids) < 2 or max(ids) >= size:
        raise CourseError(f"This model needs two or more token numbers, each below {size:,}. Check the tokenizer.")
    rows = torch.tensor([ids], device=model.device)
    with torch.inference_mode(), course.autocast():
        logits = model(rows).logits[0, :-1].float()
    return torch.nn.functional.cross_entropy(logits, rows[0, 1:], reduction="none").tolist()


def languages():
    """One paragraph in several languages: a list of {"language", "words": whether spaces separate words, "text"}."""
    path = course.ROOT / "data" / "languages.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["language"]
