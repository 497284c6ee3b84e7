"""The check of lesson 00."""

import math

from helpers.checks.framework import check, require, require_close


@check("write `held_share`: the mean, over all answers, of the share of each one's assertions that hold.")
def held_share(answer):
    answers = [(True, 1, 2), (True, 4, 4), (False, 0, 3), (True, 1, 4)]
    shares = [1 / 2, 4 / 4, 0, 1 / 4]
    got = answer(list(answers))
    mistakes = {
        (1 + 4 + 1) / (2 + 4 + 4): "that divides all held assertions by those of the valid answers. Take each answer's "
        "own share first, then the mean, so that a long answer counts no more than a short one.",
        (1 + 4 + 1)
        / (2 + 4 + 3 + 4): "that divides all held assertions by all assertions. Take each answer's own share "
        "first, then the mean, so that a long answer counts no more than a short one.",
        sum(shares)
        / 3: "that leaves out the answer that is not valid. It counts as 0: divide by the number of all answers.",
        sum(shares): "that is the sum of the shares. Divide it by the number of answers.",
        100 * sum(shares) / 4: "that is in per cent. Return a number between 0 and 1.",
        shares[0]: "that is the first answer's share: your loop returns in its first round. Return after the loop.",
        1 / 4: "that is the share of answers whose assertions all hold. Count those in the others too.",
    }
    for mistaken, mistake in mistakes.items():
        same = isinstance(got, int | float) and math.isclose(got, mistaken, rel_tol=1e-6)
        require(not same, f"for {answers} you return {got:.4g}: {mistake}")
    require_close(got, sum(shares) / 4, f"for {answers} the shares are {shares}, and their mean is wanted.")
    silent = [(False, 0, 0), (True, 3, 3)]
    require_close(answer(list(silent)), 0.5, f"in {silent} the first answer has no assertion: its share is 0.")
    broken = [(False, 2, 2), (True, 1, 1)]
    require_close(
        answer(list(broken)), 0.5, f"in {broken} the first answer is not valid: it counts as 0, whatever it held."
    )
