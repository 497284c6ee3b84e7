"""The checks of lesson 13. Each compares with a slow calculation, and with the mistakes that people make."""

import math

from helpers.checks.framework import check, require

# Numbers in which no two mistakes look alike.
REWARDS, VALUES = [-0.1, 0.05, -0.2, 1.7], [0.4, 0.9, 0.3, 1.1]
NEW = [-0.5, -2.0, -1.0, -0.3, -1.9, -0.6]
OLD = [-1.2, -1.4, -1.1, -0.25, -1.2, -1.3]
ADVANTAGES = [1.5, -0.8, 0.6, -1.1, 0.9, -0.7]


def _same(got, wanted):
    return len(got) == len(wanted) and all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(got, wanted, strict=True))


def _numbers(got, count, asked):
    """`got` as a list of floats. Raises Wrong unless it is a list, tuple or tensor of `count` numbers."""
    got = got.tolist() if hasattr(got, "tolist") else got
    listed = isinstance(got, list | tuple) and all(isinstance(each, int | float) for each in got)
    require(listed, f"{asked} should be a list of numbers. Yours is {got!r:.60}.")
    require(len(got) == count, f"{asked} should have {count} numbers, one a token. Yours has {len(got)}.")
    require(all(map(math.isfinite, got)), f"{asked} holds a number that is not finite: {got!r:.80}.")
    return [float(each) for each in got]


# --- Per-token KL -----------------------------------------------------------------------------------------------------


def _rewards(score, policy, reference, beta):
    found = [-beta * (p - r) for p, r in zip(policy, reference, strict=True)]
    found[-1] += score
    return found


@check("write `token_rewards`: what each token of a reply is paid, the KL included.")
def token_rewards(answer):
    policy, reference, score, beta = [-0.2, -1.5, -0.7, -0.4], [-0.9, -1.1, -0.8, -2.0], 1.6, 0.3
    before = [list(policy), list(reference)]
    got = _numbers(answer(score, policy, reference, beta), 4, "token_rewards(score, policy, reference, beta)")
    require([policy, reference] == before, "your function changes the lists that it is given.")
    ratios = [p - r for p, r in zip(policy, reference, strict=True)]
    right = _rewards(score, policy, reference, beta)
    plain = [-beta * each for each in ratios]
    mistakes = [
        (plain, "the score is missing. It is added at the last token."),
        ([0.0, 0.0, 0.0, score], "nothing is paid for the KL: each token costs beta times its log-ratio."),
        ([score + each for each in plain], "the score comes once, at the last token; you pay it at every token."),
        ([score / 4 + each for each in plain], "the score is not spread: it is all paid at the last token."),
        ([score + plain[0], *plain[1:]], "the score is paid at the first token. It is known only when the reply ends."),
        ([*plain[:3], score], "the last token pays for its KL as well: score and KL add up."),
        (_rewards(score, reference, policy, beta), "the sign is wrong: a token that the policy likes more than the "
         "reference does has a log-ratio above 0, and costs something."),
        (_rewards(score, policy, reference, 1.0), "beta is missing: it says what a nat costs."),
        ([beta * each for each in _rewards(score, policy, reference, 1.0)], "beta multiplies the KL alone, not the "
         "score."),
        (_rewards(score, [math.exp(p) for p in policy], [math.exp(r) for r in reference], beta), "the difference is of "
         "log-probabilities, as they are given. You turn them into probabilities."),
        (_rewards(score, [math.exp(each) for each in ratios], [0.0] * 4, beta), "that is the ratio. What is charged is "
         "its logarithm: policy - reference."),
        (_rewards(score, [abs(each) for each in ratios], [0.0] * 4, beta), "the log-ratio keeps its sign. Absolute "
         "values would charge for agreement, too, and their sum is no KL."),
        (_rewards(score, [math.log(p / r) for p, r in zip(policy, reference, strict=True)], [0.0] * 4, beta), "the "
         "numbers are logarithms already, and the logarithm of a ratio is their difference. You divide them."),
        (_rewards(score, [max(each, 0.0) for each in ratios], [0.0] * 4, beta), "the log-ratio keeps its sign. A token "
         "that the policy likes less than the reference does gets something back."),
        ([*[0.0] * 3, score + sum(plain)], "each token pays for itself. You charge the whole reply's KL at its end."),
    ]  # fmt: skip
    for mistaken, mistake in mistakes:
        require(not _same(got, mistaken), mistake)
    require(_same(got, right), f"yours gives {_short(got)}; it should be {_short(right)}.")
    one = _numbers(answer(2.0, [-1.0], [-1.5], 0.1), 1, "for a reply of one token, the result")
    require(_same(one, [1.95]), f"a reply of one token gets score and KL: 1.95. Yours gives {one[0]:.3f}.")
    free = _numbers(answer(score, policy, reference, 0.0), 4, "with beta = 0 the result")
    require(_same(free, [0.0, 0.0, 0.0, score]), "with beta = 0 only the score is left, at the last token.")


# --- Advantages -------------------------------------------------------------------------------------------------------


def _gae(rewards, values, gamma, lam, *, bootstrap=0.0, next_value=True):
    found, following = [], 0.0
    for place in reversed(range(len(rewards))):
        after = values[place + 1] if place + 1 < len(values) else bootstrap
        delta = rewards[place] + (gamma * after if next_value else 0.0) - values[place]
        following = delta + gamma * lam * following
        found.insert(0, following)
    return found


@check("write `advantages`: how much better it went, from each token on, than the value head expected.")
def advantages(answer):
    gamma, lam = 0.9, 0.8
    before = [list(REWARDS), list(VALUES)]
    rewards, values = list(REWARDS), list(VALUES)
    got = _numbers(answer(rewards, values, gamma, lam), 4, "advantages(rewards, values, gamma, lam)")
    require([rewards, values] == before, "your function changes the lists that it is given.")
    right = _gae(rewards, values, gamma, lam)
    forward, following = [], 0.0
    for place, reward in enumerate(rewards):
        after = values[place + 1] if place + 1 < 4 else 0.0
        following = reward + gamma * after - values[place] + gamma * lam * following
        forward.append(following)
    deltas = _gae(rewards, values, gamma, 0.0)
    mistakes = [
        (forward, "you go forwards. What a token led to comes after it: begin at the last token."),
        (right[::-1], "the numbers are right, but in reverse order: turn the list round before you return it."),
        (deltas, "that is delta alone. Add gamma · lam times the advantage of the next token."),
        (_gae(rewards, values, gamma, 1.0), "lam is missing: each advantage takes gamma · lam of the next one."),
        (_gae(rewards, values, 1.0, lam), "gamma is missing."),
        (_gae(rewards, values, 1.0, lam * gamma), "gamma is missing in delta, before the next token's value."),
        (_gae(rewards, values, gamma, lam / gamma), "gamma is missing before the next advantage: gamma · lam."),
        (_gae(rewards, values, gamma, lam, next_value=False), "delta lacks the next token's value: reward + gamma · "
         "next value - value."),
        (_gae(rewards, values, gamma, lam, bootstrap=values[-1]), "behind the last token nothing comes: its next value "
         "is 0, not its own."),
        ([a + v for a, v in zip(right, values, strict=True)], "those are the returns. The advantage is without the "
         "value."),
        (_gae(rewards, [-v for v in values], gamma, lam), "the signs of the values are wrong: next value counts for, "
         "this one against."),
        (_gae(rewards, [0.0] * 4, gamma, lam), "the values are not used: this is what came, not how much better it was "
         "than expected."),
    ]  # fmt: skip
    for mistaken, mistake in mistakes:
        require(not _same(got, mistaken), mistake)
    require(_same(got, right), f"yours gives {_short(got)}; it should be {_short(right)}.")
    one = _numbers(answer([1.0], [0.25], 1.0, 0.95), 1, "for a reply of one token, the result")
    require(_same(one, [0.75]), f"a reply of one token has reward - value: 0.75. Yours gives {one[0]:.3f}.")
    exact = _numbers(answer(rewards, values, 1.0, 1.0), 4, "the result")
    sums = [sum(rewards[t:]) - values[t] for t in range(4)]
    require(_same(exact, sums), "with gamma = lam = 1, the advantage is all that was still to come, minus the value.")


# --- The clipped objective --------------------------------------------------------------------------------------------


def _terms(new, old, advantages, clip):
    for n, o, advantage in zip(new, old, advantages, strict=True):
        ratio = math.exp(n - o)
        yield ratio * advantage, min(max(ratio, 1 - clip), 1 + clip) * advantage, ratio, advantage


@check("write `clipped_loss`: PPO's objective for a list of tokens, negated.")
def clipped_loss(answer):
    clip = 0.2
    before = [list(NEW), list(OLD), list(ADVANTAGES)]
    got = answer(list(NEW), list(OLD), list(ADVANTAGES), clip)
    got = got.item() if hasattr(got, "item") else got
    listed = isinstance(got, list | tuple)
    require(not listed, f"you return {len(got) if listed else 0} numbers. Return their mean, negated.")
    require(isinstance(got, int | float), f"the loss should be one number. Yours is {got!r:.60}.")
    require([NEW, OLD, ADVANTAGES] == before, "your function changes the lists that it is given.")
    terms = list(_terms(NEW, OLD, ADVANTAGES, clip))
    count = len(terms)
    right = -sum(min(plain, limited) for plain, limited, _, _ in terms) / count
    back = list(_terms(OLD, NEW, ADVANTAGES, clip))
    mistakes = [
        (-right, "the sign is wrong: an optimizer makes a loss smaller, and the objective should grow."),
        (right * count, "that is the sum. The loss is the mean over tokens."),
        (-sum(max(plain, limited) for plain, limited, _, _ in terms) / count, "you take the larger of the two. PPO "
         "takes the smaller: the careful one."),
        (-sum(plain for plain, *_ in terms) / count, "nothing is clipped: take the smaller of ratio · advantage and "
         "clipped ratio · advantage."),
        (-sum(limited for _, limited, *_ in terms) / count, "you always take the clipped ratio. Take the smaller of "
         "both: a ratio that went the wrong way must be free to come back."),
        (-sum(min(plain, limited) for plain, limited, _, _ in back) / count, "the ratio is upside down: the new "
         "probability is divided by the old one."),
        (-sum(min((n - o) * a, min(max(n - o, 1 - clip), 1 + clip) * a)
              for n, o, a in zip(NEW, OLD, ADVANTAGES, strict=True)) / count, "the ratio is exp(new - old). You use "
         "the difference of the logs as it is."),
        (-sum(min(n / o * a, min(max(n / o, 1 - clip), 1 + clip) * a)
              for n, o, a in zip(NEW, OLD, ADVANTAGES, strict=True)) / count, "the ratio of two probabilities is "
         "exp(new - old). You divide their logs."),
        (-sum(min(plain, min(max(ratio, -clip), clip) * a) for plain, _, ratio, a in terms) / count, "the ratio is "
         "kept within clip of 1, not of 0."),
        (-sum(min(plain, min(ratio, 1 + clip) * a) for plain, _, ratio, a in terms) / count, "the ratio is kept from "
         "above alone. It has a lower limit as well, 1 - clip."),
        (-sum(min(ratio, min(max(ratio, 1 - clip), 1 + clip)) * a for _, _, ratio, a in terms) / count, "you take the "
         "smaller ratio. Take the smaller *product*: with a negative advantage that is another one."),
    ]  # fmt: skip
    for mistaken, mistake in mistakes:
        require(not math.isclose(got, mistaken, abs_tol=1e-6), mistake)
    require(math.isclose(got, right, abs_tol=1e-6), f"yours gives {got:.6f}; it should be {right:.6f}.")
    start = answer([-1.0, -2.0], [-1.0, -2.0], [0.5, 0.1], clip)
    require(math.isclose(float(start), -0.3, abs_tol=1e-6), "where new and old are equal, the ratio is 1, and the loss "
            "minus the mean advantage.")  # fmt: skip
    wide = answer(list(NEW), list(OLD), list(ADVANTAGES), 0.6)
    wanted = -sum(min(plain, limited) for plain, limited, _, _ in _terms(NEW, OLD, ADVANTAGES, 0.6)) / count
    require(math.isclose(float(wide), wanted, abs_tol=1e-6), "clip is an argument; you seem to use one value always.")


def _short(values):
    return "[" + ", ".join(f"{value:.3f}" for value in values) + "]"
