"""What common mistakes would answer in the exercises of lesson 07, so that the checks can name them."""

import math

# --- targets of a padded batch ----------------------------------------------------------------------------------------

END = 2  # ends an answer, and is the padding's number
# Row 1 is padded on the left, row 2 on the right, row 3 on both sides, row 4 not at all. A prompt may hold END, too.
IDS = [
    [END, END, END, 5, 6, 7, 8, END],
    [5, END, 7, 8, 9, END, END, END],
    [END, 6, 5, 9, 9, END, END, END],
    [4, 5, 6, 7, 8, 9, 3, END],
]
REAL = [[0, 0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 0, 0], [1] * 8]
PROMPTS = [2, 3, 1, 4]
TARGETS = [
    [-100, -100, -100, -100, 7, 8, END],
    [-100, -100, 8, 9, END, -100, -100],
    [-100, 5, 9, 9, END, -100, -100],
    [-100, -100, -100, 8, 9, 3, END],
]


def _labels(is_label, empty=-100):
    """The batch's labels, in place. is_label(on, number, prompt, place, token): number counts real tokens from 1."""
    rows = []
    for ids, real, prompt in zip(IDS, REAL, PROMPTS, strict=True):
        numbers = [sum(real[: place + 1]) for place in range(len(ids))]
        asked = zip(real, numbers, [prompt] * len(ids), range(len(ids)), ids, strict=True)
        rows.append([one[-1] if is_label(*one) else empty for one in asked])
    return rows


def _right(on, number, prompt, *_):
    return on and number > prompt


def _next(rows):
    return [row[1:] for row in rows]


def wrong_targets():
    """(wrong result, what is wrong with it) of common mistakes."""
    labels = _labels(_right)
    prompt_kept = _labels(lambda on, number, prompt, *_: on and number >= prompt)
    in_place = "the labels stand in their own places. At position t must stand what comes next: drop the first column."
    from_left = "in a row that is padded on the left, the prompt does not begin at position 0. Count real tokens only."
    return [
        (labels, f"there is one column too many: {in_place}"),
        ([row[:-1] for row in labels], in_place),
        (
            [[-100, *row[:-1]] for row in labels],
            "the labels moved to the right. They must move to the left: predict t + 1.",
        ),
        ([[*row[1:], -100] for row in labels], "the last position predicts nothing, so it is left out: drop it."),
        ([[*row[2:], -100] for row in labels], "the labels moved by two places. One is enough."),
        (
            _next(_labels(_right, empty=0)),
            "use -100, not 0: 0 is the number of a token, and the model would learn to write it.",
        ),
        (_next(IDS), "nothing is masked."),
        (_next(_labels(lambda on, *_: on)), "the prompts are not masked."),
        (
            _next(_labels(lambda on, number, prompt, *_: number > prompt)),
            "the padding behind the answers is not masked: use `attention`.",
        ),
        (_next(_labels(lambda on, number, prompt, place, token: on and place >= prompt)), from_left),
        (
            _next(_labels(lambda on, number, prompt, place, token: place >= prompt)),
            f"the padding is not masked. And {from_left}",
        ),
        (
            _next(_labels(lambda on, number, prompt, place, token: number > prompt and token != END)),
            "the token that ends an answer is masked, because padding has the same number. Use `attention`, or the "
            "model never learns to stop.",
        ),
        (
            _next(_labels(lambda on, number, prompt, *_: on and number > prompt + 1)),
            "the answers' first tokens are missing. They are predicted at the prompt's last position.",
        ),
        (_next(prompt_kept), "the prompts' last tokens are kept: compare with > instead of >=."),
    ]


# --- a learning-rate schedule -----------------------------------------------------------------------------------------


def rate(step, steps, peak, warmup, decay, *, late=0, end=0, restart=False, half=0.5, one=1.0, waves=0.5, linear=1.0):
    """The learning rate as it should be, or with a mistake.

    late: steps by which the warm-up is ahead. end: moves the end of the decay. restart: the decay counts from step 0.
    half, one, waves: the numbers in the cosine. linear: what the straight line begins at.
    """
    if step < warmup:
        return peak * (step + late) / warmup
    begun = 0 if restart else warmup
    x = (step - begun) / (steps + end - begun)
    return peak * (linear - x if decay == "linear" else half * (one + math.cos(2 * waves * math.pi * x)))


RATES = [
    (dict(late=1), "the warm-up is one step ahead. `step` is how many steps are done: at step 0 the rate is 0."),
    (dict(end=-1), "the rate reaches 0 one step early. It is 0 at step `steps`, not in the last step before."),
    (dict(end=1), "the decay is one step too long: at step `steps` it must have reached 0."),
    (dict(late=1, end=-1), "both ends are off by one: `step` counts the steps that are done, from 0 to `steps`."),
    (
        dict(restart=True),
        "the decay counts from step 0, so the rate jumps behind the warm-up. Count from step `warmup`.",
    ),
]
COSINES = [
    (dict(half=1.0), "the cosine is not halved: 1 + cos begins at 2, so the rate would be twice the peak."),
    (dict(half=1.0, one=0.0), "the cosine alone falls to minus the peak. Add 1, and take half."),
    (dict(waves=1.0), "that is a whole wave, which comes back up. Half a wave ends at cos π."),
]


# --- early stopping ---------------------------------------------------------------------------------------------------


def stop(losses, patience, *, late=0, equal_is_lower=False):
    """(kept, stopped) as it should be, or with a mistake."""
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best] or (equal_is_lower and loss == losses[best]):
            best = place
        if place - best >= patience + late:
            return best, place
    return best, len(losses) - 1


def _counted(losses, patience, *, previous=False):
    """Stops by a count of misses: of losses not below the one before (previous), or of all that were no new lowest."""
    best = misses = 0
    for place in range(1, len(losses)):
        missed = losses[place] >= losses[place - 1 if previous else best]
        misses = misses + 1 if missed else 0 if previous else misses
        best = place if losses[place] < losses[best] else best
        if misses >= patience:
            return best, place
    return best, len(losses) - 1


def _lowest(losses):
    return losses.index(min(losses))


STOPS = [  # what is wrong, and what it would answer
    (
        "you keep the lowest loss of the whole list, but what comes behind the stop never happened.",
        lambda losses, patience: (_lowest(losses), stop(losses, patience)[1]),
    ),
    (
        "you never stop. The training ends as soon as the lowest loss is `patience` evaluations old.",
        lambda losses, patience: (_lowest(losses), len(losses) - 1),
    ),
    ("you stop one evaluation late.", lambda losses, patience: stop(losses, patience, late=1)),
    ("you stop one evaluation early.", lambda losses, patience: stop(losses, patience, late=-1)),
    (
        "an equal loss is not lower: keep the earlier one, and let it grow old.",
        lambda losses, patience: stop(losses, patience, equal_is_lower=True),
    ),
    (
        "you compare each loss with the one before it. Compare it with the lowest so far.",
        lambda losses, patience: _counted(losses, patience, previous=True),
    ),
    ("a new lowest loss must set the count back: its age is what counts, not the misses in all.", _counted),
    (
        "where nothing stops the training, the weights to keep are still those of the lowest loss.",
        lambda losses, patience: (stop(losses, patience)[1] - patience, stop(losses, patience)[1]),
    ),
    (
        "the weights of the last evaluation are not the best ones: keep those of the lowest loss.",
        lambda losses, patience: (stop(losses, patience)[1],) * 2,
    ),
    ("the two are exchanged: first kept, then stopped.", lambda losses, patience: stop(losses, patience)[::-1]),
    ("places are counted from 0.", lambda losses, patience: tuple(place + 1 for place in stop(losses, patience))),
    (
        "return places in the list, not losses.",
        lambda losses, patience: tuple(losses[place] for place in stop(losses, patience)),
    ),
    (
        "return the place of the lowest loss, not the loss.",
        lambda losses, patience: (losses[stop(losses, patience)[0]], stop(losses, patience)[1]),
    ),
    ("you look for the highest loss. Lower is better.", lambda losses, patience: stop([-x for x in losses], patience)),
]
