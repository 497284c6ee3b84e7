"""The checks of lesson 01."""

import math

from helpers.checks.framework import check, require, require_close


def _as_list(got, what):
    """`got` as a list, if it is a list, a tuple or a tensor; otherwise what kind it is, as a mistake."""
    if hasattr(got, "tolist"):
        got = got.tolist()
    require(isinstance(got, list | tuple), f"return {what}; yours returns a {type(got).__name__}.")
    return list(got)


def _overlapping(tokens, pair):
    """The classic mistake: every place where the pair stands is merged, used up or not."""
    places = [at for at in range(len(tokens) - 1) if tuple(tokens[at : at + 2]) == pair]
    used = {at + 1 for at in places}
    return [
        "".join(pair) if at in places else token for at, token in enumerate(tokens) if at in places or at not in used
    ]


@check("write `merge`: the tokens, with every occurrence of the two neighbours `pair` joined into one token.")
def bpe_merge(answer):
    cases = [
        (["t", "o", "t", "a", "l", "t", "o"], ("t", "o"), ["to", "t", "a", "l", "to"]),
        (["a", "a", "a"], ("a", "a"), ["aa", "a"]),
        (["a", "a", "a", "a", "b"], ("a", "a"), ["aa", "aa", "b"]),
        (["x", "a", "a"], ("a", "a"), ["x", "aa"]),
        (["in", "Ġ", "f", "or"], ("f", "or"), ["in", "Ġ", "for"]),
        (["b", "a"], ("a", "b"), ["b", "a"]),
        (["a", "b", "ab"], ("a", "b"), ["ab", "ab"]),
        (["ab", "c", "a", "bc"], ("a", "bc"), ["ab", "c", "abc"]),
        (["a"], ("a", "a"), ["a"]),
        ([], ("a", "b"), []),
    ]
    for tokens, pair, wanted in cases:
        for given in (list(tokens), tuple(tokens)):
            kept = list(given)
            got = _as_list(answer(given, pair), "a list of tokens")
            require(list(given) == kept, "your function changes the list that it is given. Build a new one.")
            call = f"merge({tokens}, {pair})"
            told = f"{call} gives {wanted}; yours gives {got}."
            require(
                isinstance(given, list) or got != tokens or got == wanted,
                f"where the tokens come as a tuple, nothing is merged: a slice of a tuple is a tuple, and no tuple "
                f"equals a list. Compare tuple(...) with tuple(pair). {told}",
            )
            require(got != _once(tokens, pair) or got == wanted, f"only the first occurrence is merged. {told}")
            require(
                got != _overlapping(tokens, pair) or got == wanted,
                f"a token is used twice where the pair overlaps itself: move on by two places after a merge. {told}",
            )
            require(
                got != wanted[:-1] or not wanted, f"the last token is missing: the loop stops one place early. {told}"
            )
            require(got != _swapped(tokens, pair) or got == wanted, f"the order of the two counts. {told}")
            lost = "".join(map(str, got)) != "".join(tokens)
            require(not lost, f"put together, your tokens are no longer the text. {told}")
            require(got == wanted, told)


def _once(tokens, pair):
    for at in range(len(tokens) - 1):
        if tuple(tokens[at : at + 2]) == pair:
            return [*tokens[:at], "".join(pair), *tokens[at + 2 :]]
    return list(tokens)


def _swapped(tokens, pair):
    """Merges the pair in either order."""
    merged, at = [], 0
    while at < len(tokens):
        here = 2 if tuple(tokens[at : at + 2]) in (pair, pair[::-1]) else 1
        merged.append("".join(tokens[at : at + here]))
        at += here
    return merged


@check("write `fertility`: all tokens of all texts, divided by all their words.")
def fertility(answer):
    texts = ["one two  three\n", "\tfour", "a b c d e f g hhh"]
    words, characters = [3, 1, 8], [len(text) for text in texts]
    spaced = sum(len(text.split(" ")) for text in texts)
    mean = sum(tokens / count for tokens, count in zip(characters, words, strict=True)) / len(texts)
    wanted = sum(characters) / sum(words)
    letters = sum(len(word) for text in texts for word in text.split())
    got = answer(list, list(texts))
    if hasattr(got, "item"):
        got = got.item()
    told = f"For {texts}, with a token for each character,"
    joined = (
        "that joins the texts before it splits them. Joined, words grow together, or the glue makes tokens of its own. "
        "Split and count each text by itself, and add up."
    )
    mistakes = {
        mean: "that is the mean of the texts' own ratios. Add up all tokens and all words first, and divide once, so "
        "that a short text counts less.",
        sum(words) / sum(characters): "that is words per token. Divide the tokens by the words.",
        sum(characters) / len("".join(texts).split()): joined,
        len(" ".join(texts)) / sum(words): joined,
        sum(characters) / spaced: 'text.split(" ") counts empty words between two spaces, and no line breaks. '
        "Use text.split().",
        1.0: "that is characters per token. Divide by the number of words.",
        sum(characters): "that is the number of tokens. Divide it by the number of words.",
        sum(characters) / len(texts): "that is tokens per text. Divide by the number of words.",
        characters[0] / words[0]: "that is the first text alone. Add up all texts.",
        characters[-1] / words[-1]: "that is the last text alone. Add to the sums with +=.",
        letters / sum(words): "that tokenizes word by word. The spaces belong to the text: tokenize it whole.",
    }
    for mistaken, mistake in mistakes.items():
        same = isinstance(got, int | float) and math.isclose(got, mistaken, rel_tol=1e-6)
        require(not same, f"{told} you return {got}: {mistake}")
    require_close(got, wanted, f"{told} there are {sum(characters)} tokens and {sum(words)} words.")
    halves = answer(lambda text: text.split() * 2, list(texts))
    require_close(halves, 2.0, "With a tokenizer that makes two tokens of each word it must be 2: call `tokenize`.")


@check("write `answer_labels`: the token itself in the answer, and -100 in the prompt and in the padding.")
def loss_mask(answer):
    end = 2
    ids, prompt, attention = [end, 5, 6, 7, 8, 9, end, end, end], 3, [1] * 7 + [0] * 2
    wanted = [-100, -100, -100, 7, 8, 9, end, -100, -100]
    call = f"answer_labels({ids}, {prompt}, {attention})"
    told = f"{call} gives {wanted}"
    given = list(ids), list(attention)
    got = _as_list(answer(*given[:1], prompt, given[1]), "a list of labels")
    require(given == (ids, attention), "your function changes the lists that it is given. Build a new one.")
    require(len(got) == len(ids), f"there must be a label for each token, {len(ids)} here; you return {len(got)}.")
    real = [place for place, on in enumerate(attention) if on]
    zero = [0 if label == -100 else label for label in wanted]
    mistakes = [
        (zero, "use -100, not 0: 0 is the number of a token, and the model would be trained to write it"),
        ([ids[p] if p < prompt else -100 for p in range(9)], "that trains on the prompt; the answer is wanted"),
        ([t if p >= prompt else -100 for p, t in enumerate(ids)], "the padding is not masked: use `attention`"),
        ([t if p in real else -100 for p, t in enumerate(ids)], "the prompt is not masked: use `prompt_length`"),
        (
            [t if p >= prompt and t != end else -100 for p, t in enumerate(ids)],
            "the token that ends the answer is masked too, because padding has the same number. Use `attention`, or "
            "the model never learns to stop",
        ),
        ([t if p > prompt and p in real else -100 for p, t in enumerate(ids)], "the answer's first token is missing"),
        ([t if p >= prompt - 1 and p in real else -100 for p, t in enumerate(ids)], "the prompt's last token is kept"),
        (wanted[1:] + [-100], "the labels are shifted by one place. Leave them where they are: the model shifts them"),
        ([-100] + wanted[:-1], "the labels are shifted by one place. Leave them where they are: the model shifts them"),
        (ids, "nothing is masked"),
    ]
    for mistaken, mistake in mistakes:
        require(got != mistaken, f"{mistake}. {told}; yours gives {got}.")
    require(got == wanted, f"{told}; yours gives {got}.")
    others = [
        ([5, 6, 7, 8], 2, [1, 1, 1, 1], [-100, -100, 7, 8]),
        ([5, 6], 2, [1, 1], [-100, -100]),
        ([5, 0, 7], 1, [1, 1, 0], [-100, 0, -100]),
    ]
    for ids, prompt, attention, wanted in others:
        got = _as_list(answer(list(ids), prompt, list(attention)), "a list of labels")
        require(got == wanted, f"answer_labels({ids}, {prompt}, {attention}) gives {wanted}; yours gives {got}.")
