"""The figures of lesson 05: what each stage lets through, packages by split, estimates, closeness, and cost."""

from helpers.plots.base import PALETTE, style

SPLITS = {"train": PALETTE[0], "validation": PALETTE[1], "test": PALETTE[2]}


def stages(table, names=None):
    """The stages of a funnel, as a list of (stage, kept, lost), for `funnel`.

    table: {"kept": {stage: count}, "lost": {stage: {reason: count}}}. names: which stages; None for all, in order.
    """
    return [
        (name, table["kept"].get(name, 0), sum(table["lost"].get(name, {}).values()))
        for name in names or list(table["kept"])
    ]


def funnel(parts):
    """A figure of what each stage let through: bars for what stayed, paler ones for what the stage stopped.

    parts: title of a panel → list of (stage, kept, lost). Panels have scales of their own.
    """
    import matplotlib.pyplot as plt

    style()
    heights = [len(rows) for rows in parts.values()]
    size = (7.4, 0.36 * sum(heights) + 0.6 * len(parts))
    figure, panels = plt.subplots(len(parts), height_ratios=heights, figsize=size, squeeze=False)
    for axes, (title, rows) in zip(panels[:, 0], parts.items(), strict=True):
        places = range(len(rows))
        axes.barh(places, [kept for _, kept, _ in rows], color=PALETTE[0], height=0.7)
        left = [kept for _, kept, _ in rows]
        axes.barh(places, [lost for *_, lost in rows], left=left, color=PALETTE[0], alpha=0.25, height=0.7)
        for place, (_, kept, lost) in enumerate(rows):
            label = f"{kept:,}" + (f"  (−{lost:,})" if lost else "")
            axes.annotate(label, (kept + lost, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set(yticks=places, yticklabels=[stage for stage, *_ in rows], xticks=[], title=title)
        axes.set_xlim(0, 1.25 * max(kept + lost for _, kept, lost in rows))
        axes.invert_yaxis()
        axes.spines["bottom"].set_visible(False)
    figure.tight_layout()
    return figure


def funnel_in_words(parts):
    """What `funnel` shows, as alt text."""
    panels = (f"{title}: " + ", ".join(f"{stage} {kept:,}" for stage, kept, _ in rows) for title, rows in parts.items())
    return "Bars of what each stage let through. " + ". ".join(panels) + "."


def by_split(counts):
    """A figure of rows: a bar for each split, cut into its packages, the larger ones named.

    counts: split → {package: rows}.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7.4, 0.5 + 0.75 * len(counts)))
    widest = max(sum(packages.values()) for packages in counts.values())
    for place, (split, packages) in enumerate(counts.items()):
        left = 0
        for number, (package, rows) in enumerate(sorted(packages.items(), key=lambda item: (-item[1], item[0]))):
            axes.barh(place, rows, left=left, color=SPLITS[split], alpha=0.55 if number % 2 else 0.85, height=0.7)
            if rows > 0.011 * widest * len(package):  # a letter is about so wide
                axes.annotate(package, (left + rows / 2, place), ha="center", va="center", fontsize=8, color="black")
            left += rows
        axes.annotate(f"{left:,}", (left, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set(yticks=range(len(counts)), yticklabels=list(counts), xlabel="rows", xlim=(0, 1.1 * widest))
    axes.invert_yaxis()
    return figure


def estimates(exact, estimated, spread):
    """A scatter of estimated against exact Jaccard indices, both lists in the same order.

    spread: index → standard deviation that theory gives an estimate there; two of them are drawn as a band.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots(figsize=(4.6, 3.8))
    line = np.linspace(0, 1, 101)
    width = 2 * np.array([spread(value) for value in line])
    axes.fill_between(line, line - width, line + width, color=PALETTE[-1], alpha=0.25, label="two standard deviations")
    axes.plot(line, line, color="#333333", linewidth=1, label="equal")
    axes.plot(exact, estimated, ".", color=PALETTE[0], markersize=4, alpha=0.6, label="a pair of functions")
    axes.set(xlabel="exact Jaccard index", ylabel="share of equal places", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left", fontsize=8)
    return figure


def closeness(groups, threshold):
    """Histograms of how close each held-out row is to its closest training row.

    groups: name → list of Jaccard indices. threshold: where a near duplicate begins, drawn as a line.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots()
    bins = np.linspace(0, 1, 26)
    for place, (name, values) in enumerate(groups.items()):
        weights = np.full(len(values), 100 / max(1, len(values)))
        color = PALETTE[(3, 0, 2)[place % 3]]
        axes.hist(values, bins, weights=weights, histtype="stepfilled", color=color, alpha=0.15)
        axes.hist(values, bins, weights=weights, histtype="step", color=color, linewidth=2, label=name)
    axes.axvline(threshold, color="#333333", linestyle=":", label="near duplicate")
    axes.set(xlabel="Jaccard index with the closest training row", ylabel="% of held-out rows", xlim=(0, 1))
    axes.legend(fontsize=9, loc="upper left")
    return figure


def cost(files, seconds, slope, start):
    """Seconds against files, as points, over the line start + slope * files."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot([0, max(files)], [start, start + slope * max(files)], color=PALETTE[-1], label="fitted line")
    axes.plot(files, seconds, "o", color=PALETTE[0], label="measured")
    axes.set(xlabel="files", ylabel="seconds of one core", xlim=(0, None), ylim=(0, None))
    axes.legend(loc="upper left")
    return figure
