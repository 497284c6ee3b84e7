"""The arithmetic of PPO on replies: log-probabilities, KL, rewards, advantages, losses. Tensors in, tensors out.

Everything is by token, (replies × tokens), and `mask` is 1 for the tokens of a reply, its end included, and 0 for the
padding behind it, whose values never matter. Logs are natural: KL and entropy are in nats.
"""

from helpers.errors import CourseError


def log_probs(logits, tokens):
    """The log-probability of each of `tokens` (N × T) under `logits` (N × T × vocabulary), in fp32: N × T."""
    logits = logits.float()
    chosen = logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    return chosen - logits.logsumexp(-1)  # a whole log_softmax would be one more copy of the logits


def entropy(logits):
    """How undecided the model is before each token, in nats (N × T): 0 where it is sure."""
    logs = logits.float().log_softmax(-1)
    return -(logs.exp() * logs).sum(-1)


def masked_mean(values, mask):
    """The mean of `values` over the real tokens."""
    return _real(values, mask).sum() / mask.sum()


def whiten(values, mask):
    """`values` with mean 0 and deviation 1 over the real tokens, and 0 elsewhere."""
    centred = _real(values - masked_mean(values, mask), mask)
    variance = (centred**2).sum() / mask.sum()
    return centred / (variance + 1e-8).sqrt()


def kl(policy, reference, mask, estimator="k1"):
    """How far each reply took the policy from its reference: KL(policy ‖ reference) in nats a reply, estimated: N.

    policy, reference: log-probabilities of the same tokens, drawn from the policy (N × T). k1 is the log of the ratio:
    right on average, negative for some replies. k3 = 1/r - 1 + log r with r = policy / reference is never negative and
    varies less (Schulman 2020, "Approximating KL Divergence").
    """
    difference = policy - reference
    if estimator == "k3":
        difference = (-difference).exp() - 1 + difference
    elif estimator != "k1":
        raise CourseError(f"There is no estimator {estimator!r} of the KL divergence. Choose k1 or k3.")
    return _real(difference, mask).sum(1)


def token_rewards(scores, policy, reference, mask, beta):
    """The reward of each token: minus beta times its log-ratio, and at a reply's last token the score as well: N × T.

    scores: one a reply (N). The KL is part of the reward, not of the loss, as in Ziegler et al. (2019) and Ouyang et
    al. (2022): so a token is charged for where it leads, too, and the sum has the gradient of the true KL. That needs
    k1, the plain log-ratio; k3 would be biased here, though it is the better one to report.
    """
    rewards = _real(-beta * (policy - reference), mask)
    last = mask.long().sum(1, keepdim=True) - 1
    return rewards.scatter_add(1, last, scores.to(rewards).unsqueeze(1))


def gae(rewards, values, mask, gamma=1.0, lam=0.95):
    """(advantages, returns), both N × T: generalised advantage estimation (Schulman et al. 2016, equation 16).

    Backwards from the last token, delta_t = reward_t + gamma value_{t+1} - value_t is how much better it went than the
    value head expected, and advantage_t = delta_t + gamma lam advantage_{t+1}. Behind a reply's end the value is 0. The
    returns, advantage + value, are what the value head learns to expect.
    """
    import torch

    values = _real(values, mask)
    advantages = torch.zeros_like(values)
    following = next_value = torch.zeros_like(values[:, 0])
    for place in reversed(range(values.shape[1])):
        delta = rewards[:, place] + gamma * next_value - values[:, place]
        following = _real(delta + gamma * lam * following, mask[:, place])
        advantages[:, place], next_value = following, values[:, place]
    return advantages, advantages + values


def policy_loss(new, old, advantages, mask, clip=0.2):
    """(loss, share of tokens clipped): PPO's clipped objective, negated (Schulman et al. 2017, equation 7).

    new, old: log-probabilities of the tokens now, and when they were drawn (N × T). The ratio of the two probabilities
    counts as at most 1 + clip where the advantage is positive, and at least 1 - clip where it is negative: beyond that
    there is no gradient, so a batch that is used several times cannot pull the policy far.
    """
    ratio = _real(new - old, mask).exp()
    plain = ratio * advantages
    clipped = ratio.clamp(1 - clip, 1 + clip) * advantages
    share = masked_mean((clipped < plain).float(), mask)
    return -masked_mean(plain.minimum(clipped), mask), share.detach()


def value_loss(values, returns, mask):
    """Half the mean squared error of the value head. Clipping it does not help (Andrychowicz et al. 2021)."""
    return 0.5 * masked_mean((values - returns) ** 2, mask)


class AdaptiveKL:
    """The price of a nat: `beta`, raised while the KL is above `target`, lowered below it (Ziegler et al. 2019, 2.2).

    target: nats a reply; None for a beta that stays. rate: how fast it moves. Ziegler et al. have 0.1 and thousands of
    steps; here there are tens.
    """

    def __init__(self, beta, target=None, rate=0.5):
        self.beta, self.target, self.rate = beta, target, rate

    def update(self, nats):
        """Take note of a step's KL, in nats a reply."""
        if self.target is not None:
            error = max(-0.2, min(0.2, nats / self.target - 1))
            self.beta *= 1 + self.rate * error


def _real(values, mask):
    """`values` at the real tokens, 0 elsewhere: not by a product, because 0 times inf is no number."""
    return values.masked_fill(~mask.bool(), 0.0)


def centered(scores, samples):
    """Scores (N, replies to one prompt together) less the mean of their prompt's `samples` replies."""
    by_prompt = scores.reshape(-1, samples)
    return (by_prompt - by_prompt.mean(1, keepdim=True)).reshape(-1)
