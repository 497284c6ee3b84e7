"""Proximal policy optimisation for language models: readable in one sitting, in this order.

`objective` is the arithmetic, `policy` the model with its adapter, reference and value head, `rollout` the replies,
`run` the training. `guards` turns trouble into errors that say what to do, `checkpoints` lets a killed run go on.
"""

from helpers.ppo.objective import (
    AdaptiveKL,
    entropy,
    gae,
    kl,
    log_probs,
    policy_loss,
    token_rewards,
    value_loss,
    whiten,
)
from helpers.ppo.policy import Policy
from helpers.ppo.result import Result
from helpers.ppo.rollout import Rollout, collect, draw
from helpers.ppo.run import train

__all__ = [
    "AdaptiveKL",
    "Policy",
    "Result",
    "Rollout",
    "collect",
    "draw",
    "entropy",
    "gae",
    "kl",
    "log_probs",
    "policy_loss",
    "token_rewards",
    "train",
    "value_loss",
    "whiten",
]
