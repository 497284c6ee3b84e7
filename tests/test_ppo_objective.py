"""The arithmetic of PPO against a slow reference: loops over replies and tokens in plain Python, padding never read."""

import math

import pytest
import torch

from helpers.errors import CourseError
from helpers.ppo import objective

LENGTHS = [7, 1, 4, 6]  # of 7 places: one is full, one ends at once


@pytest.fixture
def replies():
    """log-probabilities, reference, values, scores and mask of four replies; what is behind an end is no number."""
    chance = torch.Generator().manual_seed(0)
    shape = (len(LENGTHS), max(LENGTHS))
    mask = torch.tensor([[place < length for place in range(shape[1])] for length in LENGTHS]).long()
    new, old, reference, values = (torch.randn(shape, generator=chance) for _ in range(4))
    for each in (new, old, reference, values):
        each[mask == 0] = float("nan")
    return {"new": new, "old": old, "reference": reference, "values": values, "mask": mask} | {
        "scores": torch.randn(len(LENGTHS), generator=chance)
    }


def slow_rewards(r, beta):
    found = []
    for row, length in enumerate(LENGTHS):
        rewards = [-beta * (r["new"][row, t] - r["reference"][row, t]).item() for t in range(length)]
        rewards[-1] += r["scores"][row].item()
        found.append(rewards)
    return found


def slow_advantages(rewards, values, gamma, lam):
    """By the definition, a sum over all later tokens, not by the recursion."""
    found = []
    for row, length in enumerate(LENGTHS):
        v = [*values[row, :length].tolist(), 0.0]
        deltas = [rewards[row][t] + gamma * v[t + 1] - v[t] for t in range(length)]
        found.append([sum((gamma * lam) ** (s - t) * deltas[s] for s in range(t, length)) for t in range(length)])
    return found


def real(tensor):
    """The real tokens, row by row."""
    return [tensor[row, :length].tolist() for row, length in enumerate(LENGTHS)]


def close(got, wanted):
    for row, other in zip(got, wanted, strict=True):
        assert row == pytest.approx(other, abs=1e-5)


def behind(tensor, mask):
    return tensor[mask == 0]


@pytest.mark.parametrize("beta", [0.0, 0.3])
def test_the_score_stands_at_the_last_token_and_every_token_pays_for_its_kl(replies, beta):
    r = replies
    got = objective.token_rewards(r["scores"], r["new"], r["reference"], r["mask"], beta)
    close(real(got), slow_rewards(r, beta))
    assert (behind(got, r["mask"]) == 0).all()


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.5), (1.0, 1.0), (0.97, 0.0)])
def test_advantages_are_sums_of_what_was_better_than_expected(replies, gamma, lam):
    r = replies
    rewards = objective.token_rewards(r["scores"], r["new"], r["reference"], r["mask"], 0.1)
    rewards[r["mask"] == 0] = 9.0  # whatever stands behind an end
    advantages, returns = objective.gae(rewards, r["values"], r["mask"], gamma, lam)
    wanted = slow_advantages(slow_rewards(r, 0.1), r["values"], gamma, lam)
    close(real(advantages), wanted)
    sums = [[a + v for a, v in zip(row, r["values"][at].tolist(), strict=False)] for at, row in enumerate(wanted)]
    close(real(returns), sums)
    assert (behind(advantages, r["mask"]) == 0).all()


def test_without_discount_the_return_is_all_that_is_still_to_come(replies):
    r = replies
    rewards = objective.token_rewards(r["scores"], r["new"], r["reference"], r["mask"], 0.1)
    _, returns = objective.gae(rewards, r["values"], r["mask"], 1.0, 1.0)
    close(real(returns), [[sum(row[t:]) for t in range(len(row))] for row in slow_rewards(r, 0.1)])


def test_whitened_advantages_have_mean_0_and_deviation_1_over_real_tokens(replies):
    values, mask = replies["values"], replies["mask"]
    got = objective.whiten(values, mask)
    flat = torch.tensor(sum(real(got), []))
    plain = torch.tensor(sum(real(values), []))
    assert flat.mean().abs() < 1e-6 and flat.std(unbiased=False).item() == pytest.approx(1, abs=1e-4)
    assert torch.allclose(flat, (plain - plain.mean()) / plain.std(unbiased=False), atol=1e-5)
    assert (behind(got, mask) == 0).all()


@pytest.mark.parametrize("clip", [0.1, 0.2, 0.5])
def test_the_clipped_objective_token_by_token(replies, clip):
    r = replies
    advantages = torch.randn(r["mask"].shape, generator=torch.Generator().manual_seed(1)) * r["mask"]
    loss, share = objective.policy_loss(r["new"], r["old"], advantages, r["mask"], clip)
    terms, clipped = [], []
    for row, length in enumerate(LENGTHS):
        for t in range(length):
            ratio, advantage = math.exp(r["new"][row, t] - r["old"][row, t]), advantages[row, t].item()
            limited = min(max(ratio, 1 - clip), 1 + clip)
            terms.append(min(ratio * advantage, limited * advantage))
            clipped.append((advantage > 0 and ratio > 1 + clip) or (advantage < 0 and ratio < 1 - clip))
    assert loss.item() == pytest.approx(-sum(terms) / len(terms), abs=1e-5)
    assert 0 < sum(clipped) < len(clipped) and share.item() == pytest.approx(sum(clipped) / len(clipped))


def test_the_value_loss_is_half_the_mean_square_over_real_tokens(replies):
    r = replies
    got = objective.value_loss(r["values"], r["new"], r["mask"])
    squares = [
        (v - w) ** 2 for a, b in zip(real(r["values"]), real(r["new"]), strict=True) for v, w in zip(a, b, strict=True)
    ]
    assert got.item() == pytest.approx(0.5 * sum(squares) / len(squares), abs=1e-5)


def test_gradients_of_padding_and_of_clipped_tokens_are_exactly_0(replies):
    mask = replies["mask"]
    new = torch.zeros(mask.shape, requires_grad=True)
    values = torch.zeros(mask.shape, requires_grad=True)
    old = torch.zeros(mask.shape)
    old[0, :2] = torch.tensor([-1.0, 1.0])  # ratios e and 1/e
    old[mask == 0] = float("nan")
    advantages = torch.ones(mask.shape)
    advantages[0, 1] = -1.0
    loss = objective.policy_loss(new, old, advantages, mask)[0] + objective.value_loss(values, advantages, mask)
    loss.backward()
    for gradient in (new.grad, values.grad):
        assert (behind(gradient, mask) == 0).all()
    assert (new.grad[0, :2] == 0).all() and (new.grad[0, 2:] != 0).all()
    assert (values.grad[mask == 1] != 0).all()


def test_gradients_reach_no_logit_of_the_padding():
    logits = torch.randn(2, 5, 9, requires_grad=True)
    tokens = torch.randint(9, (2, 5))
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    new = objective.log_probs(logits, tokens)
    objective.policy_loss(new, new.detach() + 0.05, torch.randn(2, 5), mask)[0].backward()
    assert (logits.grad[1, 2:] == 0).all() and (logits.grad[mask == 1].abs().sum(-1) > 0).all()


def test_log_probs_and_entropy_are_those_of_the_softmax():
    logits, tokens = torch.randn(2, 3, 11, dtype=torch.float64), torch.randint(11, (2, 3))
    shares = logits.softmax(-1)
    wanted = shares.gather(-1, tokens.unsqueeze(-1)).squeeze(-1).log()
    assert torch.allclose(objective.log_probs(logits, tokens).double(), wanted, atol=1e-5)
    assert torch.allclose(objective.entropy(logits).double(), -(shares * shares.log()).sum(-1), atol=1e-5)


def test_both_estimators_of_the_kl_are_right_on_average_and_k3_is_never_negative():
    torch.manual_seed(0)
    policy, reference = torch.randn(2, 12).log_softmax(-1)
    exact = (policy.exp() * (policy - reference)).sum().item()
    tokens = torch.multinomial(policy.exp(), 40_000, replacement=True).unsqueeze(1)
    mask = torch.ones_like(tokens)
    found = {name: objective.kl(policy[tokens], reference[tokens], mask, name) for name in ("k1", "k3")}
    assert found["k1"].mean().item() == pytest.approx(exact, rel=0.05)
    assert found["k3"].mean().item() == pytest.approx(exact, rel=0.05)
    assert found["k1"].min() < 0 <= found["k3"].min() and found["k3"].std() < found["k1"].std()
    with pytest.raises(CourseError, match="no estimator 'k2'.*k1 or k3"):
        objective.kl(policy, reference, mask, "k2")


def test_the_kl_of_a_reply_is_the_sum_over_its_tokens(replies):
    r = replies
    got = objective.kl(r["new"], r["reference"], r["mask"])
    wanted = [
        sum((r["new"][row, t] - r["reference"][row, t]).item() for t in range(length))
        for row, length in enumerate(LENGTHS)
    ]
    assert got.tolist() == pytest.approx(wanted, abs=1e-5)


def test_the_price_of_a_nat_follows_its_target():
    price = objective.AdaptiveKL(1.0, target=4.0, rate=0.5)
    for nats, wanted in ((100.0, 1.1), (4.0, 1.1), (0.0, 0.99), (4.4, 0.99 * 1.05)):
        price.update(nats)
        assert price.beta == pytest.approx(wanted)
    fixed = objective.AdaptiveKL(0.2)
    fixed.update(100.0)
    assert fixed.beta == 0.2


def test_centered_scores_compare_the_replies_to_one_prompt_alone():
    scores = torch.tensor([1.0, 3.0, 10.0, 14.0])
    assert objective.centered(scores, 2).tolist() == [-1.0, 1.0, -2.0, 2.0]
    assert objective.centered(scores, 4).tolist() == [-6.0, -4.0, 3.0, 7.0]
