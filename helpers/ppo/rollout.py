"""Rollouts: replies drawn from the policy, and what policy, reference and value head say about each token."""

from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.ppo import objective


@dataclass
class Rollout:
    """N = P · samples replies to P prompts; replies to one prompt stand together.

    ids, mask: the prompts, P × L. replies, real: tokens, and 1 for those up to a reply's end, N × T. log_probs,
    reference, values, entropy: of policy, reference, value head and policy, N × T. texts: the replies as texts.
    """

    ids: object
    mask: object
    samples: int
    replies: object
    real: object
    texts: list
    log_probs: object = None
    reference: object = None
    values: object = None
    entropy: object = None

    def part(self, prompts):
        """The rollout of some of the prompts (a list of their numbers)."""
        import torch

        at = torch.tensor(prompts, device=self.ids.device)
        rows = (at.unsqueeze(1) * self.samples + torch.arange(self.samples, device=at.device)).flatten()
        texts = [self.texts[row] for row in rows.tolist()]
        by_token = (self.log_probs, self.reference, self.values, self.entropy)
        found = (None if each is None else each[rows] for each in by_token)
        return Rollout(self.ids[at], self.mask[at], self.samples, self.replies[rows], self.real[rows], texts, *found)

    def lengths(self):
        """Tokens in each reply, its end included."""
        return self.real.sum(1)

    def ended(self, ends):
        """Whether each reply came to an end before its room did."""
        last = self.replies.gather(1, self.lengths().unsqueeze(1) - 1).squeeze(1)
        return sum(last == end for end in ends).bool()

    def kl(self, estimator="k1"):
        """Nats by which each reply took the policy from its reference (see `objective.kl`)."""
        return objective.kl(self.log_probs, self.reference, self.real, estimator)


def collect(policy, prompts, samples=1, longest=64, seed=0, greedy=False):
    """Draw `samples` replies to each prompt, and have policy, reference and value head look at them: a `Rollout`.

    prompts: lists of messages, or texts. seed: decides the draws. greedy: the likeliest token each time instead.
    """
    return look(policy, draw(policy, prompts, samples, longest, seed, greedy))


def draw(policy, prompts, samples=1, longest=64, seed=0, greedy=False):
    """The replies alone: a `Rollout` that nobody has looked at."""
    ids, mask = policy.encode(prompts, longest)
    replies, real = sample(policy, ids, mask, samples, longest, seed, greedy)
    cut = [reply[: int(count)] for reply, count in zip(replies, real.sum(1), strict=True)]
    texts = [text.strip() for text in policy.tokenizer.batch_decode(cut, skip_special_tokens=True)]
    return Rollout(ids, mask, samples, replies, real, texts)


def look(policy, rollout):
    """Fill in what policy, value head and reference say of each token; returns the rollout."""
    import torch

    replies, prompts = rollout.replies, (rollout.ids, rollout.mask)
    with torch.no_grad():
        logits, rollout.values = policy.evaluate(*prompts, replies, rollout.samples)
        rollout.log_probs, rollout.entropy = objective.log_probs(logits, replies), objective.entropy(logits)
        del logits  # the largest tensor there is: replies x tokens x vocabulary
        with policy.reference():
            logits, _ = policy.evaluate(*prompts, replies, rollout.samples)
            rollout.reference = objective.log_probs(logits, replies)
    return rollout


def sample(policy, ids, mask, samples, longest, seed=0, greedy=False):
    """(replies, real), both N × T: tokens drawn one at a time, with a cache, from the whole vocabulary.

    Another way of drawing, such as top-k, would need the same in the scores, or the ratio would be wrong.
    """
    import torch

    chance = torch.Generator(ids.device).manual_seed(seed)
    drawn, kept = [], []
    with torch.no_grad():
        reading = policy.read(ids, mask, samples)
        tokens = reading.first
        going = torch.ones(len(tokens), dtype=torch.bool, device=ids.device)
        while len(drawn) < longest and going.any():
            logits = policy.write(reading, tokens)[0][:, -1]
            if not logits.isfinite().all():
                raise CourseError(
                    "The policy's logits are no numbers any more: the training diverged. Start again with a lower "
                    "learning_rate, for instance a tenth."
                )
            tokens = logits.argmax(-1, keepdim=True) if greedy else torch.multinomial(
                logits.softmax(-1), 1, generator=chance
            )  # fmt: skip
            tokens = tokens.where(going.unsqueeze(1), policy.tokenizer.pad_token_id)
            drawn.append(tokens)
            kept.append(going.clone())
            going &= ~sum(tokens.squeeze(1) == end for end in policy.ends).bool()
    return torch.cat(drawn, 1), torch.stack(kept, 1).long()
