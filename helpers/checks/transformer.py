"""The checks of lesson 02."""

import numpy as np

from helpers import objectives, parameters
from helpers.checks.framework import check, require


def _softmax(scores, axis=-1):
    shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def _over_the_table(scores, hidden):
    """The mistake of one sum for the whole table."""
    grown = np.exp(np.where(hidden, -np.inf, scores))
    return grown / grown.sum()


def _attention(query, key, value, scale=None, first_hidden=1, shares=None):
    """Right attention, or one kind of wrong: another scale, a mask moved along, another way from scores to shares."""
    scores = query @ key.T * (query.shape[1] ** -0.5 if scale is None else scale)
    hidden = np.triu(np.ones(scores.shape, dtype=bool), first_hidden)
    return (shares(scores, hidden) if shares else _softmax(np.where(hidden, -np.inf, scores))) @ value


def _same(got, wanted):
    return got.shape == wanted.shape and np.allclose(got, wanted, rtol=1e-4, atol=1e-6)


@check("write `attention`: for each token, the mean of the values up to its own, weighted by softmaxed scores.")
def attention(answer):
    numbers = np.random.default_rng(2)
    query, key, value = numbers.normal(size=(5, 4)), numbers.normal(size=(5, 4)), numbers.normal(size=(5, 3))
    width = query.shape[1]

    def ask(*inputs):
        given = [array.copy() for array in inputs]
        got = np.asarray(answer(*given), dtype=float)
        require(
            all(np.array_equal(*pair) for pair in zip(given, inputs, strict=True)),
            "your function changes the arrays that it is given. Work on new ones.",
        )
        return got

    got = ask(query, key, value)
    shape = value.shape
    mistakes = [
        (_attention(query, key, value, scale=1), "the scores are not divided by the square root of d."),
        (_attention(query, key, value, scale=1 / width), "the scores are divided by d. Divide by its square root."),
        (
            _attention(query, key, value, scale=len(query) ** -0.5),
            "the scores are divided by the root of the number of tokens. d is how many numbers a query has.",
        ),
        (
            _attention(query, key, value, shares=_over_the_table),
            "all shares together add up to 1. Each row, one token's shares, must do so: sum along axis=-1.",
        ),
        (_attention(query, key, value, scale=width**0.5), "the scores are multiplied by the root of d. Divide by it."),
        (_attention(query, key, value, first_hidden=9), "there is no mask: a token sees those that come after it."),
        (
            _attention(query, key, value, first_hidden=2),
            "the mask is one off: a token sees the next one. Hide all after its own.",
        ),
        (
            _attention(query, key, value, shares=lambda scores, hidden: np.where(hidden, 0, _softmax(scores))),
            "you hide tokens after the softmax, so the shares no longer add up to 1. Hide scores before it.",
        ),
        (
            _attention(query, key, value, shares=lambda scores, hidden: _softmax(np.where(hidden, 0, scores))),
            "you set hidden scores to 0, and e to the power of 0 is 1. Set them to minus infinity.",
        ),
        (
            _attention(
                query, key, value, shares=lambda scores, hidden: _softmax(np.where(hidden, -np.inf, scores), axis=0)
            ),
            "the softmax runs down the columns. Each row, one token's shares, must add up to 1: use axis=-1.",
        ),
        (
            _attention(query, key, value, shares=lambda scores, hidden: _softmax(np.where(hidden.T, -np.inf, scores))),
            "the mask is the wrong way round: a token sees itself and those after it, not those before.",
        ),
        (_attention(query, key, np.eye(5)), "that is the shares. Multiply them with the values."),
        (_attention(key, query, value), "queries and keys are exchanged: rows of the scores belong to queries."),
    ]
    for mistaken, mistake in mistakes:
        require(not _same(got, mistaken), mistake)
    require(
        got.shape == shape, f"five tokens with values of three numbers give an array of {shape}; yours is {got.shape}."
    )
    with np.errstate(invalid="ignore"):  # the first token sees nothing: 0 / 0
        blind = _attention(query, key, value, first_hidden=0)
    require(not _same(got[1:], blind[1:]), "the mask is one off: a token does not see itself, but it should.")
    wanted = _attention(query, key, value)
    require(_same(got, wanted), f"the second token should get {wanted[1].round(3)}; yours gives {got[1].round(3)}.")
    one = ask(query[:1], key[:1], value[:1])
    require(_same(one, value[:1]), "a single token sees only itself, so the result is its own value.")
    large = ask(100 * query, 100 * key, value)
    require(
        _same(large, _attention(100 * query, 100 * key, value)),
        "it fails for large scores, where the exponential overflows. Subtract each row's largest score first.",
    )


@check("write `layer_parameters`: how many parameters one layer has, from five numbers of its configuration.")
def layer_parameters(answer):
    shapes = [
        {"hidden": 12, "heads": 6, "kv_heads": 2, "head_dim": 2, "intermediate": 11},
        {"hidden": 8, "heads": 4, "kv_heads": 1, "head_dim": 3, "intermediate": 20},
        {"hidden": 576, "heads": 9, "kv_heads": 3, "head_dim": 64, "intermediate": 1536},
    ]
    for shape in shapes:
        got, parts = answer(**shape), parameters.of_layer(**shape)
        require(isinstance(got, int | np.integer) and not isinstance(got, bool), f"return a whole number, not {got!r}.")
        right = sum(parts.values())
        hidden = shape["hidden"]
        wide, narrow = shape["heads"] * shape["head_dim"], shape["kv_heads"] * shape["head_dim"]
        guessed = parameters.of_layer(**shape | {"head_dim": hidden // shape["heads"]})
        mistakes = {
            sum(guessed.values()): "head_dim need not be hidden / heads. Use the number that is given.",
            right + 2 * hidden * (wide - narrow): "keys and values have kv_heads heads, fewer than the queries.",
            right + hidden * (wide - narrow): "keys and values both have kv_heads heads; one of yours has more.",
            right + wide + 2 * narrow + hidden + 2 * shape["intermediate"] + hidden: "there are no biases here.",
            right + wide + 2 * narrow + hidden: "there are no biases here.",
            right - parts["MLP gate"]: "the MLP has three matrices: gate, up and down. You count two.",
            right - parts["norms"]: "the two norms are missing: each has one weight per number of a token.",
            right - hidden: "there are two norms, one before attention and one before the MLP. You count one.",
            right - parts["attention output"]: "attention's output matrix, back to `hidden` numbers, is missing.",
            right - parts["keys"]: "keys and values have a matrix each. You count one for both.",
            right - parts["keys"] - parts["values"]: "the matrices of keys and values are missing.",
            right + parts["queries"] * (shape["heads"] - 1): "`heads * head_dim` already covers all heads together.",
        }
        for mistaken, mistake in mistakes.items():
            require(got == right or got != mistaken, f"for {shape} you return {got}: {mistake}")
        require(got == right, f"for {shape} you return {got}; it should be {right}: {parts}.")


@check("write `span_corruption`: the inputs with a sentinel in place of each span, and the labels.")
def span_corruption(answer):
    tokens = "a good test fails when the code is wrong".split()
    cases = [[(2, 4), (6, 7)], [(0, 2), (7, 9)], [(1, 3), (3, 4)], [(8, 9)], []]
    for spans in cases:
        given = list(tokens)
        got = answer(given, list(spans))
        require(given == tokens, "your function changes the list that it is given. Build new lists.")
        pair = isinstance(got, tuple | list) and len(got) == 2 and all(isinstance(part, list) for part in got)
        require(pair, "return two lists of tokens: `return inputs, labels`.")
        inputs, labels = got
        right_inputs, right_labels = objectives.span_corruption(tokens, spans)
        strings = all(isinstance(token, str) for part in (inputs, labels) for token in part)
        require(strings, "your lists hold something that is no token. Add a slice with +=, not with append.")
        for mistaken, mistake in _span_mistakes(tokens, spans, right_inputs, right_labels):
            wrong = (inputs, labels) != (right_inputs, right_labels)
            require(not (wrong and mistaken(inputs, labels)), f"for the spans {spans}, {mistake}")
        for name, mine, right in (("inputs", inputs, right_inputs), ("labels", labels, right_labels)):
            require(mine == right, f"for the spans {spans} the {name} should be {right}; yours are {mine}.")


def _span_mistakes(tokens, spans, inputs, labels):
    """(does the answer show it?, what to say), the common ones; `inputs` and `labels` are the right ones."""
    end = f"<extra_id_{len(spans)}>"
    kept = [token for token in inputs if not token.startswith("<extra_id_")]

    def moved(words, by):
        number = {f"<extra_id_{index}>": f"<extra_id_{index + by}>" for index in range(len(spans) + 1)}
        return [number.get(word, word) for word in words]

    def same_sentinel(words):
        return ["<extra_id_0>" if word.startswith("<extra_id_") else word for word in words]

    inclusive = [(start, min(stop + 1, len(tokens))) for start, stop in spans]
    many = sum(stop - start for start, stop in spans)
    merged = []
    for start, stop in spans:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return [
        (lambda i, o: (i, o) == (labels, inputs), "inputs and labels are exchanged."),
        (lambda i, o: o == labels[:-1], f"the labels lack the last sentinel, {end}, which says: the end."),
        (lambda i, o: i == [*inputs, end], "the last sentinel belongs to the labels alone."),
        (lambda i, o: o == tokens, "the labels are the whole text. They hold only what was taken out."),
        (lambda i, o: o[: len(kept)] == kept, "the labels hold what was kept. They hold what was taken out."),
        (lambda i, o: (i, o) == (moved(inputs, 1), moved(labels, 1)), "the first sentinel is <extra_id_0>."),
        (
            lambda i, o: len(spans) > 1 and i == same_sentinel(inputs),
            "each span has a sentinel of its own: <extra_id_0>, <extra_id_1>, and so on.",
        ),
        (
            lambda i, o: many > len(spans) and sum(word.startswith("<extra_id_") for word in i) == many,
            "each token has a sentinel. A span gets one, however long it is.",
        ),
        (
            lambda i, o: len(merged) < len(spans) and (i, o) == objectives.span_corruption(tokens, merged),
            "spans that touch become one. Each keeps a sentinel of its own.",
        ),
        (lambda i, o: i == kept, "the inputs lack the sentinels that say where something was taken out."),
        (lambda i, o: o and o == [w for w in labels if not w.startswith("<extra")], "the labels lack the sentinels."),
        (
            lambda i, o: _parts(i) == [t for n, t in enumerate(tokens) if not any(a <= n < b for a, b in inclusive)],
            "a span ends before its second number, as slices do. You take one token too many.",
        ),
    ]


def _parts(words):
    return [word for word in words if not word.startswith("<extra_id_")]
