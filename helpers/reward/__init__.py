"""Preferences, a reward model learned from them, and judges that are never a reward.

`pairs` turns rankings into pairs, `model` learns from them and scores comments, `inspecting` finds out what it learned.
`judges` has the two judges of toxicity, which have learned nothing from either, read safely by `unpickling`.
"""

from helpers.reward.judges import LABELS, profanity, toxic_labels, toxicity
from helpers.reward.model import RewardModel, check, differences, scores, train
from helpers.reward.pairs import preferences, ranking_pairs

__all__ = [
    "LABELS",
    "RewardModel",
    "check",
    "differences",
    "preferences",
    "profanity",
    "ranking_pairs",
    "scores",
    "toxic_labels",
    "toxicity",
    "train",
]
