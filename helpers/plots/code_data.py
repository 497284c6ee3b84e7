"""The figures of lesson 05: what each stage lets through, packages by split, estimates, and cost."""

from helpers.plots.base import PALETTE, style

SPLITS = {"train": PALETTE[0], "validation": PALETTE[1], "test": PALETTE[2]}
# Darker, so that white letters can be read on them.
_DARK = {"train": "#00507F", "validation": "#8A5F00", "test": "#00664A"}
# How a stage is labelled, where its name in the funnel is no label.
LABELS = {"one of its name": "unique name"}


def stages(table, names=None):
    """The stages of a funnel, as a list of (stage, kept, lost), for `funnel`.

    table: {"kept": {stage: count}, "lost": {stage: {reason: count}}}. names: which stages; None for all, in order.
    """
    return [
        (LABELS.get(name, name), table["kept"].get(name, 0), sum(table["lost"].get(name, {}).values()))
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

    counts: split → {package: rows}. The largest package of a bar is dark; names that do not fit stand behind the bar.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7.4, 0.5 + 0.75 * len(counts)))
    widest = max(sum(packages.values()) for packages in counts.values())
    for place, (split, packages) in enumerate(counts.items()):
        left, outside = 0, []
        for number, (package, rows) in enumerate(_from_largest(packages)):
            alpha = 1 if number == 0 else 0.35 if number % 2 else 0.55
            bar = axes.barh(place, rows, left=left, color=SPLITS[split], alpha=alpha, height=0.7)
            if number == 0:
                bar[0].set_facecolor(_DARK[split])
            if rows > 0.013 * widest * len(package):  # a letter is about so wide
                at, color = (left + rows / 2, place), "black" if number else "white"
                axes.annotate(package, at, ha="center", va="center", fontsize=8, color=color)
            else:
                outside.append(package)
            left += rows
        said = f"{left:,}"
        if outside and left < 0.6 * widest:  # there is room behind the bar
            said += f"  ({', '.join(outside[:3])}{', ...' if len(outside) > 3 else ''})"
        axes.annotate(said, (left, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set(yticks=range(len(counts)), yticklabels=list(counts), xlabel="rows", xlim=(0, 1.1 * widest))
    axes.invert_yaxis()
    return figure


def by_split_in_words(counts):
    """What `by_split` shows, as alt text."""
    bars = []
    for split, packages in counts.items():
        name, rows = _from_largest(packages)[0] if packages else ("none", 0)
        bars.append(f"{split} {sum(packages.values()):,} of {len(packages)} packages, the largest {name} with {rows:,}")
    return f"Rows by split and package: {'; '.join(bars)}."


def _from_largest(packages):
    return sorted(packages.items(), key=lambda item: (-item[1], item[0]))


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


def cost(files, seconds):
    """Seconds against files, as points, over a line through the origin with the slope of least squares."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(5, 3))
    end = max(files)
    axes.plot([0, end], [0, _slope(files, seconds) * end], color=PALETTE[-1], label="proportional to the files")
    axes.plot(files, seconds, "o", color=PALETTE[0], label="measured")
    axes.set(xlabel="files", ylabel="seconds of one core", xlim=(0, None), ylim=(0, None))
    axes.legend(loc="upper left")
    return figure


def cost_in_words(files, seconds):
    """What `cost` shows, as alt text: the points, and how far from the line the farthest is, relative to it."""
    slope = _slope(files, seconds)
    points = ", ".join(f"{count:,} files {time:.1f}" for count, time in zip(files, seconds, strict=True))
    off = max(abs(time / (slope * count) - 1) for count, time in zip(files, seconds, strict=True))
    return f"Seconds against files: {points}. The farthest is {off:.0%} off a line through the origin."


def _slope(files, seconds):
    return sum(x * y for x, y in zip(files, seconds, strict=True)) / sum(x * x for x in files)
