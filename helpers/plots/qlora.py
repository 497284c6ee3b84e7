"""Figures of lesson 09: where 4-bit levels come from, what formats cost, one block, updates that rounding undoes."""

from statistics import NormalDist

from helpers.plots.base import PALETTE, style


def quantiles(levels, outermost):
    """A figure of a normal curve, cut by levels into slices that hold the same share of it on either side of 0.

    levels: from -1 to 1. outermost: the share of a normal distribution that lies below level 1.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots(figsize=(7, 2.8))
    width = NormalDist().inv_cdf(outermost)
    x = np.linspace(-1.5, 1.5, 600)
    height = np.exp(-((x * width) ** 2) / 2)
    axes.plot(x, height, color="#333333", linewidth=1)
    for place, (left, right) in enumerate(zip(levels, levels[1:], strict=False)):
        inside = (x >= left) & (x <= right)
        color = PALETTE[0] if right <= 0 else PALETTE[1]
        axes.fill_between(x[inside], height[inside], color=color, alpha=0.75 if place % 2 else 0.4, linewidth=0)
    axes.plot(levels, [0] * len(levels), "|", color="#333333", markersize=14, clip_on=False)
    axes.set(xlabel="weight / largest weight of its block", yticks=[], ylim=(0, None))
    axes.spines["left"].set_visible(False)
    return figure


def quantiles_alt(levels):
    """The figure of `quantiles` in words."""
    inner, outer = levels[8] - levels[7], levels[-1] - levels[-2]
    return (
        f"A normal curve over {len(levels)} levels from -1 to 1. They are close together near 0, where it is high: "
        f"{inner:.2f} apart there, {outer:.2f} at the end."
    )


def errors(table, xlabel="error, per cent of the weights' size"):
    """A figure of one bar for each way to store weights. table: name → error as a fraction."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 0.7 + 0.36 * len(table)))
    for row, value in enumerate(table.values()):
        axes.barh(row, 100 * value, color=PALETTE[row % len(PALETTE)], height=0.7)
        axes.annotate(f"{100 * value:.3g}", (100 * value, row), (4, 0), textcoords="offset points", va="center")
    axes.set(yticks=range(len(table)), yticklabels=list(table), xlabel=xlabel)
    axes.invert_yaxis()
    return figure


def errors_alt(table, what="Error of each format"):
    """The figure of `errors` in words."""
    return f"{what}: {', '.join(f'{name} {value:.2%}' for name, value in table.items())}."


def one_block(blocks):
    """A figure of the numbers of one block for each of several models, sorted. blocks: name → numbers."""
    import matplotlib.pyplot as plt

    style()
    figure, places = plt.subplots(1, len(blocks), figsize=(3.6 * len(blocks), 3), squeeze=False)
    for axes, color, (name, numbers) in zip(places[0], PALETTE, blocks.items(), strict=False):
        for number in set(numbers):
            axes.axhline(number, color="#dddddd", linewidth=0.7, zorder=0)
        axes.plot(sorted(numbers), "o", color=color, markersize=4)
        axes.set(title=f"{name}: {len(set(numbers))} different", xlabel=f"{len(numbers)} weights, sorted")
    places[0][0].set_ylabel("weight")
    figure.tight_layout()
    return figure


def one_block_alt(blocks):
    """The figure of `one_block` in words."""
    found = [f"{name} {len(set(numbers))}" for name, numbers in blocks.items()]
    return f"Weights of one block, sorted. Different ones: {', '.join(found)}; few lie in even steps."


def too_small(distances):
    """A figure of updates, in units of the distance to where a weight would be rounded to another level.

    distances: |update| / distance, one for each weight; below 1, rounding undoes the update.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots(figsize=(7, 2.8))
    values = np.asarray(distances)
    edges = np.logspace(-4, 2, 91)
    weights = np.full(len(values), 100 / len(values))
    for inside, color, label in (
        (values < 1, PALETTE[6], "rounded away"),
        (values >= 1, PALETTE[3], "moves to another level"),
    ):
        axes.hist(
            np.clip(values[inside], edges[0], edges[-1]), edges, weights=weights[inside], color=color, label=label
        )
    axes.axvline(1, color="#333333", linestyle=":")
    axes.set(xscale="log", xlabel="update / distance to the next level's border", ylabel="per cent of weights")
    axes.legend()
    return figure


def too_small_alt(distances):
    """The figure of `too_small` in words."""
    import numpy as np

    share = float((np.asarray(distances) < 1).mean())
    return (
        f"For {share:.1%} of the weights the adapter's update is smaller than the distance to the next level's border."
    )
