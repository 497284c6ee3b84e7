"""What memory is used for: bytes by part, at the moment when the sum is largest."""

from dataclasses import dataclass, field

# In the order in which figures stack them: what stays for the whole run first, what comes and goes last.
PARTS = (
    "weights",
    "quantisation constants",
    "adapters",
    "optimizer",
    "gradients",
    "low-precision copies",
    "activations",
    "logits and loss",
)


@dataclass
class Footprint:
    """Bytes by part at the moment of a training step when their sum is largest.

    moment: that moment's name. moments: for a prediction, the bytes by part at every moment looked at.
    """

    parts: dict
    moment: str = ""
    moments: dict = field(default_factory=dict)

    @property
    def total(self):
        """Bytes at the peak."""
        return sum(self.parts.values())

    def __str__(self):
        lines = [f"{size / 1e6:10,.1f} MB  {part}" for part, size in self.parts.items() if size]
        return "\n".join([*lines, f"{self.total / 1e6:10,.1f} MB  in all, at: {self.moment}"])


def peak(moments):
    """The Footprint of the largest of `moments` (name → {part: bytes})."""
    moment = max(moments, key=lambda name: sum(moments[name].values()))
    parts = {part: int(moments[moment].get(part, 0)) for part in PARTS}
    return Footprint(parts, moment, moments)


def error(predicted, measured):
    """How far a predicted number of bytes is from the measured one, as a fraction of the measured one (signed)."""
    return (predicted - measured) / measured
