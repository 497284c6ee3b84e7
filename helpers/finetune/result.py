"""What a training run leaves behind: curves, speed, memory, settings. It saves to JSON and plots itself."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import write_json


@dataclass
class Result:
    """One run of `finetune`. Losses are in nats per answer token.

    losses: the loss of each step's batch. evaluations: (steps done, loss on the validation rows), the first before any
    step. best_step: the step whose weights were kept. seconds: of this call; training_seconds: its steps alone, without
    evaluations and checkpoints. tokens_per_second: real tokens, padding left out, by training_seconds. trainable and
    parameters: how many numbers are trained, and how many there are. checkpoint_mb: what has to be kept of the training
    (all weights, or the adapters). memory: filled by `measure_memory`, see `finetune`. model: the trained model, in
    evaluation mode; it is not saved with the rest.
    """

    method: str
    losses: list = field(default_factory=list)
    evaluations: list = field(default_factory=list)
    steps: int = 0
    best_step: int = 0
    stopped_early: bool = False
    resumed_from: int = 0
    seconds: float = 0.0
    training_seconds: float = 0.0
    tokens: int = 0
    tokens_per_second: float = 0.0
    trainable: int = 0
    parameters: int = 0
    checkpoint_mb: float = 0.0
    processes: int = 1
    memory: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)
    model: object = field(default=None, repr=False, compare=False)

    def as_dict(self):
        """Everything but the model, as it is saved."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "model"}

    def save(self, path):
        """Write everything but the model to `path`, as JSON."""
        write_json(Path(path), self.as_dict())

    @classmethod
    def load(cls, path):
        """The result that `save` wrote. Raises CourseError where there is none, or the file is not one."""
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            values["evaluations"] = [tuple(each) for each in values["evaluations"]]
            return cls(**values)
        except FileNotFoundError:
            raise CourseError(f"There is no result {Path(path).name}. Train first, and save it.") from None
        except (ValueError, KeyError, TypeError):
            raise CourseError(
                f"{Path(path).name} is no result of a training run. Delete it, and train again."
            ) from None

    def plot(self):
        """The curves of training and validation loss, as a figure."""
        from helpers.plots import tuning

        return tuning.curves({self.method: self})
