"""What a PPO run leaves behind: its history, a dict for each step. It saves to JSON."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import write_json


@dataclass
class Result:
    """One run of `ppo.train`.

    history: a dict for each step. reward: the mean of what the reward function gave. kl: nats by which a reply takes
    the policy from its reference, mean (estimator k3; kl_k1 beside it). entropy: nats a token. length: tokens a reply.
    ended: share of replies that came to an end. distinct: different replies, as a share of all. clipped: share of
    tokens whose gradient was cut. value_error: the value head's squared error before the step, as a share of the
    returns' variance. beta: the price of a nat. seconds: of the step; rollout_seconds: of drawing and looking. And
    what `watch` returned. resumed_from: the step at which this call went on. settings: what the run was called with.
    """

    history: list = field(default_factory=list)
    resumed_from: int = 0
    trainable: int = 0
    settings: dict = field(default_factory=dict)

    def column(self, name):
        """One measure over all steps."""
        return [entry[name] for entry in self.history]

    def seconds_per_step(self):
        """The mean."""
        return sum(self.column("seconds")) / max(1, len(self.history))

    def save(self, path):
        write_json(Path(path), dataclasses.asdict(self))

    @classmethod
    def load(cls, path):
        """The result that `save` wrote. Raises CourseError where there is none, or the file is not one."""
        try:
            return cls(**json.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise CourseError(f"{Path(path).name} is no result of a PPO run. Delete it, and train again.") from None
