"""PPO itself (Schulman et al. 2017) for language models (Ziegler et al. 2019; Ouyang et al. 2022).

A step: draw replies, score them, charge them for leaving the reference, work out which tokens did better than the value
head expected, and make those a little likelier, a few times over, but never by much.
"""

import hashlib
import json
import math
import random
import time
from pathlib import Path

from helpers import course, heap
from helpers.fingerprint import fingerprint
from helpers.memory.shape import need_positive
from helpers.ppo import checkpoints, guards, objective
from helpers.ppo.result import Result
from helpers.ppo.rollout import collect
from helpers.progress import Bar


def train(
    policy,
    rows,
    reward,
    *,
    steps=20,
    prompts=4,
    samples=4,
    longest=64,
    epochs=2,
    minibatches=2,
    learning_rate=3e-4,
    value_rate=1e-2,
    decay=False,
    beta=0.05,
    target_kl=None,
    clip=0.2,
    gamma=1.0,
    lam=0.95,
    end_penalty=1.0,
    center=False,
    max_kl=50.0,
    min_entropy=0.01,
    watch=None,
    folder=None,
    keep=False,
    save_every=5,
    label="PPO",
):
    """Train `policy` in place to get more `reward`, and return a `Result`.

    rows: dicts with a "prompt", messages or a text; whatever else they hold is for the reward. reward(rows, texts): one
    finite number for each reply; the rows come once for each reply. Rewards are shifted and scaled by mean and
    deviation of the first step's, so that beta means the same for any reward (Ziegler et al. 2019, 2.1). An empty
    reply is not shown to the reward: it gets the least of its step. A reply that did not end in `longest` tokens loses
    `end_penalty` deviations: else replies grow until they are cut.

    center: subtract from each score the mean of its prompt's replies. Some prompts earn more than others whatever is
    replied; what is left tells the replies apart (Shao et al. 2024, 4.1). It pays where the value head has few steps to
    learn that in. Needs two samples or more.

    A step draws `samples` replies to each of `prompts` prompts, and uses them `epochs` times in `minibatches` parts.
    learning_rate: the adapter's; value_rate: the value head's. decay: let both fall to 0 in a straight line over the
    run. A gradient of few replies is mostly chance; smaller and smaller steps average it out. beta: what a nat of KL
    costs, in deviations of the reward; with target_kl (nats a reply) it adapts. clip, gamma, lam: see `objective`.
    watch(rows, texts): more to put into each step's history, as a dict of numbers; nothing is learned from it.

    folder: a checkpoint goes there every `save_every` steps, and is deleted at the end unless `keep` is set; the same
    call goes on from it, with the same draws. max_kl (nats a reply), min_entropy (nats a token): a policy beyond these
    has collapsed, and the run ends with an error; None for no such limit.

    Raises CourseError on settings, prompts and rewards that cannot be, and where the training diverges or collapses.
    """
    import torch

    counts = dict(steps=steps, prompts=prompts, samples=samples, longest=longest, epochs=epochs, save_every=save_every)
    for name, value in (counts | {"minibatches": minibatches}).items():
        need_positive(name, value)
    guards.need_settings(
        learning_rate, value_rate, beta, target_kl, clip, gamma, lam, prompts, minibatches, prompts * samples
    )
    if center:
        guards.need_samples(samples)
    guards.need_rows(rows)
    settings = counts | {
        "minibatches": minibatches, "learning_rate": learning_rate, "value_rate": value_rate, "beta": beta,
        "decay": decay, "target_kl": target_kl, "clip": clip, "gamma": gamma, "lam": lam, "end_penalty": end_penalty,
        "center": center,
        "temperature": policy.temperature, "seed": course.seed(), "model": policy.base.config.model_type,
        "rows": hashlib.sha256(json.dumps([row["prompt"] for row in rows]).encode()).hexdigest()[:12],
        "reference": fingerprint(policy.model),
    }  # fmt: skip
    policy.encode([row["prompt"] for row in rows], longest)  # a prompt that does not fit is told before the first step
    heap.keep()
    parameters = policy.parameters()
    head = [each for name, each in parameters.items() if name.startswith("value_head.")]
    adapter = [each for name, each in parameters.items() if not name.startswith("value_head.")]
    optimizer = torch.optim.Adam(
        [{"params": adapter, "lr": learning_rate}, {"params": head, "lr": value_rate}], betas=(0.9, 0.95)
    )
    price, scale = objective.AdaptiveKL(beta, target_kl), None
    result = Result(settings=settings, trainable=sum(each.numel() for each in parameters.values()))
    folder = Path(folder) if folder else None
    if folder and (state := checkpoints.restore(folder, parameters, optimizer, settings)):
        result.history, scale, price.beta = state["history"], state["scale"], state["beta"]
        result.resumed_from = len(result.history)

    with guards.enough_memory(), Bar(steps, label) as bar:
        bar.advance(result.resumed_from)
        for step in range(result.resumed_from, steps):
            started = time.perf_counter()
            for group, rate in zip(optimizer.param_groups, (learning_rate, value_rate), strict=True):
                group["lr"] = rate * (1 - step / steps if decay else 1)
            asked = [rows[place] for place in _places(len(rows), step, prompts)]
            rollout = collect(policy, [row["prompt"] for row in asked], samples, longest, _seed("draw", step))
            rollout_seconds = time.perf_counter() - started
            repeated = [row for row in asked for _ in range(samples)]
            raw = guards.rewards(reward, repeated, rollout.texts, first=scale is None)
            scale = scale or (sum(raw) / len(raw), _deviation(raw))
            ended = rollout.ended(policy.ends)
            scores = (torch.tensor(raw, device=policy.device) - scale[0]) / scale[1] - end_penalty * ~ended
            if center:
                scores = objective.centered(scores, samples)
            rewards = objective.token_rewards(scores, rollout.log_probs, rollout.reference, rollout.real, price.beta)
            advantages, returns = objective.gae(rewards, rollout.values, rollout.real, gamma, lam)
            entry = {"step": step + 1, "reward": sum(raw) / len(raw), "beta": price.beta}
            entry |= _about(rollout, ended, returns) | {"rollout_seconds": rollout_seconds}
            entry |= watch(repeated, rollout.texts) if watch else {}
            guards.collapsed(entry, max_kl, min_entropy)

            advantages, shares = objective.whiten(advantages, rollout.real), []
            for epoch in range(epochs):
                for part in _parts(prompts, minibatches, _seed(f"part {epoch}", step)):
                    share = _update(policy, optimizer, rollout, part, advantages, returns, clip)
                    shares.append(share)
            price.update(entry["kl"])
            entry |= {"clipped": sum(shares) / len(shares), "seconds": time.perf_counter() - started}
            result.history.append(entry)
            if folder and ((step + 1) % save_every == 0 or step + 1 == steps):
                state = {"history": result.history, "scale": scale, "beta": price.beta}
                checkpoints.save(folder, parameters, optimizer, state, settings)
            bar.advance(note=f"reward {entry['reward']:.2f}, KL {entry['kl']:.1f}")
    if folder and not keep:
        checkpoints.drop(folder)
    return result


def _update(policy, optimizer, rollout, part, advantages, returns, clip):
    """One optimizer step on the replies to some of the prompts; returns the share of tokens that were clipped."""
    import torch

    some = rollout.part(part)
    at = torch.tensor([prompt * rollout.samples + each for prompt in part for each in range(rollout.samples)])
    at = at.to(advantages.device)
    logits, values = policy.evaluate(some.ids, some.mask, some.replies, rollout.samples)
    log_probs = objective.log_probs(logits, some.replies)
    loss, share = objective.policy_loss(log_probs, some.log_probs, advantages[at], some.real, clip)
    loss = loss + objective.value_loss(values, returns[at], some.real)
    guards.finite(loss)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([each for group in optimizer.param_groups for each in group["params"]], 1.0)
    optimizer.step()
    return share.item()


def _about(rollout, ended, returns):
    """What a step's history says of its replies."""
    mask = rollout.real
    spread = objective.masked_mean((returns - objective.masked_mean(returns, mask)) ** 2, mask).item()
    missed = objective.masked_mean((returns - rollout.values) ** 2, mask).item()
    return {
        "kl": rollout.kl("k3").mean().item(),
        "kl_k1": rollout.kl().mean().item(),
        "entropy": objective.masked_mean(rollout.entropy, mask).item(),
        "length": rollout.lengths().float().mean().item(),
        "ended": ended.float().mean().item(),
        "distinct": len(set(rollout.texts)) / len(rollout.texts),
        "value_error": missed / spread if spread else 0.0,
    }


def _places(count, step, prompts):
    """The numbers of the rows of a step: each row once before any comes again, in an order of the seed."""
    found = []
    for at in range(step * prompts, (step + 1) * prompts):
        turn, place = divmod(at, count)
        found.append(random.Random(_seed("rows", turn)).sample(range(count), count)[place])
    return found


def _parts(prompts, minibatches, seed):
    """The numbers of a step's prompts in parts of nearly equal size, at random."""
    order = random.Random(seed).sample(range(prompts), prompts)
    return [order[part::minibatches] for part in range(minibatches)]


def _seed(what, step):
    """A seed of its own for each purpose and step: a run that goes on draws what it would have drawn."""
    return int.from_bytes(hashlib.sha256(f"{course.seed()} {what} {step}".encode()).digest()[:6], "big")


def _deviation(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
