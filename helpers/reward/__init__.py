"""Preferences, a reward model learned from them, and judges that are never a reward.

`judges` has the two judges, read safely by `unpickling`.
"""

from helpers.reward.judges import profanity, toxic_labels, toxicity

__all__ = ["profanity", "toxic_labels", "toxicity"]
