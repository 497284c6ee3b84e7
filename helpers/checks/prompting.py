"""The checks of lesson 03: the top-p filter, the prompt that fits its window, the break-even point."""

import math
from numbers import Integral, Real

from helpers.checks.framework import Todo, check, require, require_close


def _numbers(got, length, mistake):
    """`got` as a list of floats; a list, tuple, array or tensor is fine."""
    try:
        values = [float(value) for value in got]
    except (TypeError, ValueError):
        values = None
    require(values is not None and len(values) == length, mistake)
    return values


@check("write `top_p_filter(probabilities, p)`: the probabilities after top-p, in the same order.")
def top_p_filter(answer):
    given = [0.1, 0.5, 0.05, 0.3, 0.05]
    p = 0.7
    handed = list(given)
    got = _numbers(
        answer(handed, p), 5, f"for {given} return one number for each of the five: 0 for those that are dropped."
    )
    require(handed == given, "your function changes the list it is given. Sort a copy, for example with `sorted`.")
    asked = f"for {given} and p = {p}"
    known = {
        (0, 0.5, 0, 0.3, 0): "the kept ones no longer sum to 1. Divide each by the sum of those you keep.",
        (0, 1, 0, 0, 0): "you drop the token that crosses p. It is kept: 0.5 alone is less than 0.7, so 0.3 is needed.",
        (0, 0.5, 0, 0, 0): "you drop the token that crosses p, and the kept ones no longer sum to 1.",
        (1 / 6, 5 / 6, 0, 0, 0): "you go through the tokens in the order given. Start with the most likely one.",
        (0.1 / 0.95, 0.5 / 0.95, 0.05 / 0.95, 0.3 / 0.95, 0): "you go through the tokens in the order given. Start "
        "with the most likely one.",
        (0.1 / 0.9, 0.5 / 0.9, 0, 0.3 / 0.9, 0): "you keep one token too many. Stop as soon as the sum reaches p.",
        (0.625, 0.375, 0, 0, 0): "these are sorted. Put each probability back in its own place.",
        (0, 0, 0, 0, 0): "nothing is kept. The most likely token always is.",
    }
    for mistaken, mistake in known.items():
        same = all(math.isclose(one, other, abs_tol=1e-6) for one, other in zip(got, mistaken, strict=True))
        require(not same, f"{asked}: {mistake}")
    wanted = [0, 0.625, 0, 0.375, 0]
    for index, (one, other) in enumerate(zip(got, wanted, strict=True)):
        require_close(one, other, f"{asked}, entry {index} is not right.")
    small = _numbers(answer(list(given), 0.2), 5, "with p = 0.2 return five numbers too.")
    require(sum(small) > 0, "with p = 0.2 nothing is kept. The most likely token always is: keep it, then compare.")
    require_close(small[1], 1, "with p = 0.2 the most likely token alone is kept, so its probability becomes 1.")
    every = _numbers(answer(list(given), 1.0), 5, "with p = 1 return five numbers too.")
    for one, other in zip(every, given, strict=True):
        require_close(one, other, "with p = 1 every token is kept, and no probability changes.")
    ties = _numbers(answer([0.25, 0.25, 0.25, 0.25], 0.5), 4, "for four equal probabilities return four numbers.")
    require(
        sorted(round(one, 6) for one in ties) == [0, 0, 0.5, 0.5],
        "of four equal probabilities, p = 0.5 keeps two, whichever. Stop when the sum reaches p (>=, not >), and keep "
        "tokens by their place: a test such as `probability >= smallest` keeps all four.",
    )


@check("write `fit(window, question, examples, answer)`: how many examples the prompt may hold.")
def fit(answer):
    examples = (150, 220, 180, 400)
    handed = list(examples)
    got = answer(1000, 300, handed, 100)
    require(handed == list(examples), "your function changes the list of examples it is given. Leave it as it is.")
    require(
        isinstance(got, Integral) and not isinstance(got, bool),
        f"return a whole number, how many examples fit. Yours returns {got!r}.",
    )
    asked = "for a window of 1,000, a question of 300, examples of 150, 220, 180, 400 and 100 for the answer"
    require(got != 4, f"{asked} you keep all four, 1,350 tokens in all. Count before you keep.")
    require(got == 3, f"{asked} three fit: 300 + 150 + 220 + 180 + 100 = 950. Yours gives {got}.")
    require(
        answer(849, 300, list(examples), 0) != 3,
        "three examples (550) and a question of 300 do not fit in 849, and you keep three. Count the question too.",
    )
    require(
        answer(649, 0, list(examples), 100) != 3,
        "three examples (550) and 100 for the answer do not fit in 649, and you keep three. Leave room for the answer.",
    )
    for window, kept in ((950, 3), (949, 2), (600, 1), (550, 1), (400, 0)):
        got, need = answer(window, 300, list(examples), 100), 300 + sum(examples[:kept]) + 100
        exactly = " A prompt that fills the window exactly fits." if need == window else ""
        require(got == kept, f"in a window of {window}, {kept} examples fit ({need} tokens), not {got}.{exactly}")
    require(
        answer(700, 300, [400, 100, 100], 100) == 0,
        "with examples of 400, 100 and 100 in a window of 700, the first does not fit, so none is kept: drop from the "
        "end, and skip none in the middle. (A prompt whose examples change with every question is hard to follow.)",
    )
    require(answer(2000, 300, list(examples), 100) == 4, "in a window of 2,000 all four examples fit.")
    require(answer(1000, 300, [], 100) == 0, "without any examples the answer is 0.")
    try:
        got = answer(350, 300, list(examples), 100)
    except ValueError:
        return
    except Todo:
        got = None
    require(
        False,
        f"in a window of 350 the question (300) and the answer (100) alone do not fit. Raise a ValueError; "
        f"yours returns {got!r}, and the caller would send a prompt that is too long.",
    )


@check("write `break_even(few_shot_tokens, tuned_tokens, price, tuning_cost)`: the calls after which tuning pays.")
def break_even(answer):
    got = answer(1000, 200, 0.5, 3.0)
    asked = "for 1,000 against 200 tokens, 0.50 a million tokens, and tuning at 3.00"
    require(isinstance(got, Real), f"{asked} return a number of calls. Yours returns {got!r}.")
    known = {
        6000: "you count every token of the few-shot prompt as saved. A tuned model still reads 200 of them.",
        0.0075: "the price is for a million tokens: divide it by 1,000,000.",
        1: "the price is for a million tokens: divide it by 1,000,000.",
        1875: "you multiply by the price at the end. It belongs below the line: put brackets round tokens times price.",
        -7500: "the difference has the wrong sign: few-shot tokens minus tuned tokens are saved.",
        5000: "you add the two prompts. What is saved is their difference.",
        30000: "you count only the tuned model's tokens. What is saved is the difference.",
    }
    for mistaken, mistake in known.items():
        same = isinstance(got, Real) and math.isclose(got, mistaken, rel_tol=1e-6)
        require(not same, f"{asked} you return {got!r}: {mistake}")
    if got != 7501:  # rounding up 7500.000000000001, which some orders of the same steps give
        require_close(got, 7500, f"{asked}, a call saves 0.0004, so 3.00 are earned back after 7,500 calls.")
    uneven = answer(1000, 300, 0.5, 3.0)
    require(
        not (isinstance(uneven, Real) and uneven != 8572 and 8571 <= uneven < 8572),
        f"you return {uneven!r}: after 8,571 calls the tuning is not yet paid. Round up to a whole call.",
    )
    require_close(uneven, 8572, "for 1,000 against 300 tokens, at 0.50 a million and 3.00 for tuning, look again.")
    for tuned, words in ((1000, "as long as"), (1200, "longer than")):
        try:
            got = answer(1000, tuned, 0.5, 3.0)
        except ZeroDivisionError:
            got = "a ZeroDivisionError"
        except Todo:
            got = "nothing"
        require(
            got == math.inf,
            f"where the tuned model's prompt is {words} the few-shot one, tuning never pays. Return math.inf; "
            f"yours gives {got}.",
        )
    exact = answer(2_000_000, 1_000_000, 0.5, 4.0)
    require(exact != 9, "4.00 are earned back after exactly 8 calls at 0.50. Round up, but do not add one to a whole.")
    require_close(exact, 8, "for prompts of 2 and 1 million tokens, at 0.50 a million and 4.00 for tuning, look again.")
    require_close(answer(1000, 200, 0.5, 0.0), 0, "tuning that costs nothing pays from the start: 0 calls.")
