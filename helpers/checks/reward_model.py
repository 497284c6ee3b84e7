"""The checks of lesson 12. Each goes from easy to hard, so that what fails first names the mistake."""

from helpers.checks.framework import check, require

# --- Rankings to pairs ------------------------------------------------------------------------------------------------

NOTES = {"a": 2, "b": 1, "c": 3}


@check("write `pairs_of`: all pairs of a ranking, better one first.")
def pairs_of(answer):
    ranks = dict(NOTES)
    got = answer(ranks)
    require(ranks == NOTES, "your function changes the ranks that it is given.")
    require(isinstance(got, list), f"return a list of pairs, not a {type(got).__name__}.")
    pairs = _pairs(got)
    wanted = {("b", "a"), ("a", "c"), ("b", "c")}
    require(len(pairs) == len(set(pairs)), "a pair is there twice.")
    require(not any(better == worse for better, worse in pairs), "an answer is paired with itself.")
    turned = {(worse, better) for better, worse in wanted}
    require(
        set(pairs) != turned,
        "your pairs have the worse answer first. Rank 1 is the best, and the better one comes first.",
    )
    require(
        set(pairs) != wanted | turned, "each pair is there in both orders. The model must see the better one first."
    )
    require(set(pairs) != {("a", "b"), ("a", "c"), ("b", "c")}, "the first pair is as it was written, a before b. "
            "But b ranks better: turn it round.")  # fmt: skip
    require(set(pairs) != {("b", "a"), ("a", "c")}, "only neighbours are paired. b is also better than c.")
    require(set(pairs) != {("b", "a"), ("b", "c")}, "only the best is paired. a is also better than c.")
    require(set(pairs) == wanted, f"for {NOTES} the pairs should be {sorted(wanted)}. Yours are {sorted(pairs)}.")

    tied = {"a": 1, "b": 2, "c": 1}
    found = set(_pairs(answer(dict(tied))))
    require(
        not found & {("a", "c"), ("c", "a")}, "a and c share rank 1. Nobody said which is better, so they make no pair."
    )
    require(found == {("a", "b"), ("c", "b")}, f"for {tied} the pairs should be a before b, and c before b. Yours are "
            f"{sorted(found)}.")  # fmt: skip
    many = {name: rank for rank, name in enumerate("qwertz", 1)}
    require(len(answer(many)) == 15, f"six answers make 6 · 5 / 2 = 15 pairs. Yours are {len(answer(many))}.")
    require(answer({"a": 1}) == [], "one answer makes no pair: return an empty list.")


def _pairs(got):
    for pair in got:
        right = isinstance(pair, tuple | list) and len(pair) == 2
        require(right, f"each pair should be (better, worse). One of yours is {pair!r:.60}.")
    return [tuple(pair) for pair in got]


# --- The loss ---------------------------------------------------------------------------------------------------------


@check("write `preference_loss`: the Bradley–Terry loss of pairs of rewards.")
def preference_loss(answer):
    import torch
    from torch.nn.functional import logsigmoid, softplus

    chosen, rejected = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([0.5, 1.5, -1.0])
    d = chosen - rejected
    got = answer(chosen, rejected)
    require(
        isinstance(got, torch.Tensor), f"return a tensor, so that gradients can flow. Yours is a {type(got).__name__}."
    )
    require(got.shape != d.shape, "return one number, the mean over the pairs, not one for each pair.")
    require(got.numel() == 1, f"return one number. Yours has the shape {tuple(got.shape)}.")
    got = got.float()  # more digits than asked for are no mistake
    right = softplus(-d).mean()
    mistakes = [
        (softplus(-d).sum(), "that is the sum over the pairs. Take the mean."),
        (softplus(d).mean(), "the difference is the wrong way round: it teaches that the worse answer is better."),
        (logsigmoid(d).mean(), "the sign is missing. A loss falls as the model gets better: minus the logarithm."),
        (torch.sigmoid(d).mean(), "that is the mean probability. The loss is minus its logarithm."),
        (1 - torch.sigmoid(d).mean(), "that is the mean probability of being wrong. The loss is minus the logarithm of "
         "the probability of being right."),
        (-torch.log(torch.sigmoid(d).mean()), "take the logarithm of each pair's probability first, then the mean."),
        (-d.mean(), "that is the mean difference alone. The sigmoid keeps it from growing without end."),
        (-torch.log2(torch.sigmoid(d)).mean(), "that is in bits. The loss is in nats: the natural logarithm."),
        (-torch.log10(torch.sigmoid(d)).mean(), "that is the logarithm to base 10. Take the natural one."),
        (-torch.log(torch.sigmoid(chosen)).mean(), "the rejected answer's reward is missing: only differences count."),
        ((1 - torch.sigmoid(d)).square().mean(), "that is a squared error. Bradley–Terry takes minus the logarithm."),
        (torch.relu(1 - d).mean(), "that is a hinge loss. Bradley–Terry takes minus log sigmoid."),
    ]  # fmt: skip
    for mistaken, mistake in mistakes:
        require(not torch.allclose(got, mistaken, atol=1e-6), mistake)
    require(torch.allclose(got, right, atol=1e-6), f"for the differences {d.tolist()} the loss should be "
            f"{right:.4f}. Yours is {got.item():.4f}.")  # fmt: skip

    far = torch.tensor([-200.0], requires_grad=True)
    loss = answer(far, torch.tensor([0.0]))
    require(torch.isfinite(loss).all(), "where the worse answer is 200 ahead, your loss is not finite: sigmoid(-200) "
            "is 0 in fp32, and log(0) is -inf. `torch.nn.functional.logsigmoid` calculates both at once.")  # fmt: skip
    require(abs(loss.item() - 200) < 0.01, f"where the worse answer is 200 ahead, the loss should be 200. Yours is "
            f"{loss.item():.4g}.")  # fmt: skip
    require(loss.requires_grad, "no gradient reaches the rewards: do not use `.item()`, `.detach()` or NumPy.")
    (slope,) = torch.autograd.grad(loss.sum(), far)
    require(torch.isfinite(slope).all() and abs(slope.item() + 1) < 1e-3, "where the worse answer is far ahead, the "
            f"gradient should be -1: push as hard as you can. Yours is {slope.item():.3g}.")  # fmt: skip


# --- What moves the reward --------------------------------------------------------------------------------------------

COMMENTS = ["Close the file.", "Please close it.", "This leaks.", "Please rename x."]
SECRET = {"Close the file.": 2.0, "Please close it.": 5.0, "This leaks.": 1.0, "Please rename x.": 1.5}


def _without_please(comment):
    return comment.replace("Please c", "C").replace("Please r", "R")


def _padded(comment):
    return comment + " Thanks!"


@check("write `effect`: how much an edit changes the reward of the comments that it changes.")
def effect(answer):
    calls = []

    def score(comments):
        require(
            isinstance(comments, list), f"`score` takes a list of comments. You gave it a {type(comments).__name__}."
        )
        require(comments, "you ask for the rewards of no comments at all.")
        calls.append(len(comments))
        # The first word "please" is worth 1; thanks are worth 2; the rest is what the comment says.
        base = {_without_please(comment): SECRET[comment] - comment.startswith("Please") for comment in COMMENTS}
        return [
            base[_without_please(comment.replace(" Thanks!", ""))]
            + comment.startswith("Please")
            + 2 * comment.endswith(" Thanks!")
            for comment in comments
        ]

    comments = list(COMMENTS)
    got = answer(score, comments, _padded)
    require(comments == COMMENTS, "your function changes the comments that it is given.")
    number = isinstance(got, float | int) or getattr(got, "shape", None) == ()
    require(number, f"return one number, the mean change. Yours is {got!r:.60}.")
    require(abs(got + 2) > 1e-6, "the sign is wrong: take the reward after the edit minus the one before.")
    require(abs(got - 8) > 1e-6, "that is the sum of the changes. Take the mean.")
    require(
        abs(got - 2) < 1e-6, f"an edit that adds 2 to each of four rewards has the effect 2. Yours gives {got:.4g}."
    )
    require(sum(calls) <= 2 * len(COMMENTS), "you ask for the same rewards again and again. Ask once before, once "
            "after: a reward model is slow.")  # fmt: skip
    require(len(calls) <= 2, "you ask for one reward at a time. Give `score` the whole list: in batches it is faster.")

    got = float(answer(score, comments, _without_please))
    require(abs(abs(got) - 1.75) > 1e-6, "you compare comments that say please with others that do not. Those differ "
            "in more than the word: compare each comment with its own edited form.")  # fmt: skip
    require(abs(got + 0.5) > 1e-6, "two of the four comments hold no 'please', and the edit leaves them alone. Their "
            "change of 0 says nothing: leave them out of the mean.")  # fmt: skip
    require(
        abs(got + 1) < 1e-6,
        f"taking 'Please' away costs 1 in each of the two comments that hold it. Yours gives {got:.4g}.",
    )
    flat = float(answer(lambda texts: [float("Thanks!" in text) for text in texts], ["So.", "So. Thanks!"], _padded))
    require(abs(flat - 1) > 1e-6, "the edit changed one comment whose reward stayed. It counts, as 0: leave out "
            "comments whose text stays, and not those whose reward does.")  # fmt: skip
    require(abs(flat - 0.5) < 1e-6, f"one reward grows by 1, one stays: the effect is 0.5. Yours gives {flat:.4g}.")
    twice = float(answer(lambda texts: [len(text.split()) ** 2 for text in texts], ["So.", "So.", "It is."], _padded))
    # 1 to 4, 1 to 4, 4 to 9: the mean of 3, 3 and 5.
    require(abs(twice - 4) > 1e-6, "a comment that is there twice counts once in yours. Each comment counts: do not "
            "collect the changes in a dict or a set, whose keys are texts.")  # fmt: skip
    require(abs(twice - 11 / 3) < 1e-6, "two equal comments gain 3 each, one gains 5: the effect is 11 / 3. Yours "
            f"gives {twice:.4g}.")  # fmt: skip
    nothing = answer(score, ["This leaks."], _without_please)
    require(nothing == 0, f"where the edit changes no comment, return 0. Yours gives {nothing!r:.40}.")
