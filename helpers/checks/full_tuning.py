"""The checks of lesson 07."""

import math
from numbers import Integral, Real

from helpers.checks import full_tuning_mistakes as mistakes
from helpers.checks.framework import check, require


@check("write `targets`: for each position but the last the token to predict there, or -100.")
def targets(answer):
    import torch

    def ask(ids, real, prompts):
        given = [torch.tensor(ids), torch.tensor(real)]
        lent = [one.clone() for one in given], list(prompts)
        got = answer(*lent[0], lent[1])
        same = all(torch.equal(*pair) for pair in zip(given, lent[0], strict=True)) and lent[1] == prompts
        require(
            same, "your function changes what it is given. Make a new tensor: `clone`, `masked_fill` or `torch.where`."
        )
        require(isinstance(got, torch.Tensor), f"return a tensor; yours is a {type(got).__name__}.")
        whole = not got.is_floating_point() and got.dtype != torch.bool
        require(whole, f"targets are whole numbers, as `ids` are; yours are {got.dtype}.")
        return got.tolist()

    got = ask(mistakes.IDS, mistakes.REAL, mistakes.PROMPTS)
    for mistaken, mistake in mistakes.wrong_targets():
        require(got != mistaken, mistake)
    rows, length = len(mistakes.IDS), len(mistakes.IDS[0])
    shaped = len(got) == rows and all(isinstance(row, list) and len(row) == length - 1 for row in got)
    require(shaped, f"for {rows} rows of {length} tokens, the shape must be ({rows}, {length - 1}).")
    for ids, real, prompt, row, wanted in zip(
        mistakes.IDS, mistakes.REAL, mistakes.PROMPTS, got, mistakes.TARGETS, strict=True
    ):
        asked = f"for ids {ids}, attention {real} and a prompt of {prompt} tokens"
        require(row == wanted, f"{asked} the row is {wanted}; yours is {row}.")
    others = [
        ([[5, 6]], [[1, 1]], [0], [[6]]),  # no prompt: there is still nothing that could predict the first token
        ([[5, 6, 2]], [[1, 1, 0]], [2], [[-100, -100]]),  # no answer
        ([[7, 0, 2]], [[1, 1, 1]], [1], [[0, 2]]),  # 0 is a token like others
    ]
    for ids, real, prompts, wanted in others:
        got = ask(ids, real, prompts)
        require(got == wanted, f"targets({ids}, {real}, {prompts}) is {wanted}; yours gives {got}.")


@check("write `learning_rate`: a straight rise to the peak, then a decay to 0, linear or on half a cosine wave.")
def learning_rate(answer):
    def ask(*args):
        asked = "learning_rate({}, {}, {:g}, {}, {!r})".format(*args)
        try:
            got = answer(*args)
        except ZeroDivisionError:
            why = "there is no warm-up, so nothing may be divided by it." if not args[3] else "look at the divisors."
            require(False, f"{asked} divides by zero: {why}")
        require(isinstance(got, Real) and not isinstance(got, bool), f"{asked} must be a number. Yours is {got!r:.60}.")
        wanted = mistakes.rate(*args)
        return float(got), wanted, f"{asked} should be {wanted:.6g}; yours gives {float(got):.6g}."

    settings = (12, 3e-4, 4)
    for decay, other in (("linear", "cosine"), ("cosine", "linear")):
        asked = [ask(step, *settings, decay) for step in range(12)]
        got = [number for number, _, _ in asked]

        def answers(kind=decay, factor=1.0, got=got, **how):
            """Whether `got` is what these mistakes would answer."""
            return _close(got, [factor * mistakes.rate(step, *settings, kind, **how) for step in range(12)])

        if not answers():
            require(not answers(factor=1 / 3e-4), "that is a share of the peak. Multiply it with `peak`.")
            require(not answers(other), f"for decay={decay!r} you return the {other} one.")
            for how, mistake in mistakes.RATES + mistakes.COSINES * (decay == "cosine"):
                require(not answers(**how), mistake)
            require(not _close(got[4:], [3e-4] * 8), "behind the warm-up the rate must fall; yours stays at the peak.")
            require(not _close(got[:4], [3e-4] * 4), "there is no warm-up: before step `warmup` the rate must rise.")
        more = [(0, 5, 1e-3, 0), (3, 5, 1e-3, 0), (12, 12, 3e-4, 4), (1, 2, 0.5, 1), (10, 10, 2, 3)]
        for number, wanted, told in asked + [ask(*args, decay) for args in more]:
            require(_close([number], [wanted]), told)


def _close(some, others):
    return all(math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-12) for one, other in zip(some, others, strict=True))


CURVES = [  # losses, patience
    ([3.0, 2.0, 2.5, 2.2, 1.0], 2),
    ([3.0, 2.0, 2.5, 2.2, 2.4, 2.6, 2.7], 2),
    ([3.0, 2.6, 2.4, 2.45, 2.41, 2.3, 2.35, 2.5, 2.2, 2.1], 3),
    ([3.0, 2.0, 2.0, 2.0, 1.0], 2),
    ([3.0, 2.5, 2.8, 2.6, 2.7, 2.9], 3),
    ([2.0, 2.1, 1.9, 2.0, 1.8, 1.9, 1.7, 1.75], 2),
    ([3.0, 2.9, 2.8, 2.7], 2),
    ([3.0, 2.0, 2.1], 2),
    ([3.0, 2.0, 2.1, 1.9], 1),
    ([1.0, 2.0, 3.0, 4.0], 2),
    ([2.0], 1),
]


@check("write `early_stopping`: which evaluation's weights are kept, and at which the training ends.")
def early_stopping(answer):
    got = []
    for losses, patience in CURVES:
        lent, asked = list(losses), f"early_stopping({losses}, {patience})"
        found = answer(lent, patience)
        require(lent == losses, "your function changes the list that it is given.")
        pair = isinstance(found, (tuple, list)) and len(found) == 2
        require(pair, f"{asked} must be a pair, (kept, stopped). Yours is {found!r:.60}.")
        require(
            None not in found, f"{asked} holds None. If nothing stops the training, it ends at the last evaluation."
        )
        numbers = all(isinstance(number, Real) and not isinstance(number, bool) for number in found)
        require(numbers, f"{asked} must be two places in the list. Yours is {found!r:.60}.")
        got.append(tuple(found))
    right = [mistakes.stop(*curve) for curve in CURVES]
    if got != right:
        for mistake, mistaken in mistakes.STOPS:  # one that explains every answer
            require(got != [tuple(mistaken(*curve)) for curve in CURVES], mistake)
    for (losses, patience), found, wanted in zip(CURVES, got, right, strict=True):
        same = found == wanted and all(isinstance(number, Integral) for number in found)
        require(same, f"early_stopping({losses}, {patience}) is {wanted}; yours gives {found}.")
