"""Figures of lesson 12: probability over difference, rewards by kind of comment, calibration."""

from helpers.plots.base import PALETTE, style


def bradley_terry():
    """A figure of the probability that the better answer is preferred, and of the loss, over the difference."""
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
    d = np.linspace(-6, 6, 121)
    left.plot(d, 100 / (1 + np.exp(-d)), color=PALETTE[0])
    left.set(xlabel="reward of the better − of the worse", ylabel="probability, per cent", yticks=range(0, 101, 25))
    right.plot(d, np.log1p(np.exp(-d)), color=PALETTE[1])
    right.set(xlabel="reward of the better − of the worse", ylabel="loss, nats")
    for axes in (left, right):
        axes.axvline(0, color="#333333", linestyle=":")
    return figure


BRADLEY_TERRY_ALT = (
    "Two curves over the difference d of two rewards. The probability 1 / (1 + exp(-d)) rises from 0 through 50 % at "
    "d = 0 to 100 %. The loss falls from about -d on the left through 0.69 at d = 0 towards 0."
)


def rewards(groups, xlabel="reward"):
    """A figure of rewards as dots, one line for each kind of comment, with the mean as a bar.

    groups: name → rewards.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.5 * len(groups)))
    spread = np.random.default_rng(0)  # up and down only, so that dots do not hide each other
    for place, (color, values) in enumerate(zip(PALETTE, groups.values(), strict=False)):
        axes.plot(values, place + spread.uniform(-0.25, 0.25, len(values)), ".", color=color, alpha=0.5)
        axes.plot([np.mean(values)] * 2, [place - 0.38, place + 0.38], color="#333333", linewidth=2)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set(xlabel=xlabel, ylim=(len(groups) - 0.4, -0.6))
    return figure


def rewards_alt(groups):
    """The figure of `rewards` in words."""
    import numpy as np

    shown = [
        f"{name} {np.mean(values):+.1f} ({min(values):+.1f} to {max(values):+.1f})" for name, values in groups.items()
    ]
    return f"Mean rewards, and the least and the most: {'; '.join(shown)}."


def calibration(curves):
    """A figure of how often a reward model is right over how sure it is; on the diagonal it keeps its word.

    curves: name → rows of `helpers.reward.inspecting.calibration`.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(4.6, 3.6))
    axes.plot([50, 100], [50, 100], color="#333333", linestyle=":", label="keeps its word")
    for color, marker, (name, rows) in zip(PALETTE, "osD", curves.items(), strict=False):
        points = [(100 * row["confidence"], 100 * row["right"]) for row in rows]
        axes.plot(*zip(*points, strict=True), color=color, marker=marker, markersize=5, label=name)
    axes.set(xlabel="how sure, per cent", ylabel="how often right, per cent", xlim=(48, 102))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def calibration_alt(curves):
    """The figure of `calibration` in words."""
    shown = [
        f"{name}: " + ", ".join(f"{row['confidence']:.0%} sure, {row['right']:.0%} right" for row in rows)
        for name, rows in curves.items()
    ]
    return f"Pairs in groups by how sure the model is. {'. '.join(shown)}."
