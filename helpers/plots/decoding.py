"""Figures of lesson 03: the context window, the next token's distribution, few-shot curves, the break-even point."""

from helpers.plots.base import PALETTE, style


def window(parts, total):
    """A figure of the context window as one bar. parts: name → tokens; total: how many the window holds."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 1.5))
    left = 0
    for color, (name, tokens) in zip(PALETTE, parts.items(), strict=False):
        axes.barh(0, tokens, left=left, color=color, label=f"{name}: {tokens:,}")
        left += tokens
    axes.barh(0, max(total - left, 0), left=left, color="#eeeeee", label=f"free: {max(total - left, 0):,}")
    axes.axvline(total, color="#333333", linewidth=1.5)
    axes.set(yticks=[], xlim=(0, max(total, left) * 1.01), xlabel="tokens")
    axes.spines["left"].set_visible(False)
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.45))
    return figure


def distribution(labels, before, after=None, title=""):
    """A figure of the likeliest next tokens. before, after: probabilities, one per label; `after` is drawn in front."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 3))
    places = range(len(labels))
    axes.bar(places, before, color="#dddddd" if after is not None else PALETTE[0], label="the model's")
    if after is not None:
        axes.bar(places, after, width=0.5, color=PALETTE[0], label="after the settings")
        axes.legend()
    axes.set_xticks(places, labels, rotation=60, ha="right")
    axes.set(ylim=(0, 1.02), ylabel="probability", title=title)
    return figure


def temperatures(labels, columns):
    """One panel for each temperature, side by side. columns: title → probabilities, one per label."""
    import matplotlib.pyplot as plt

    style()
    figure, panels = plt.subplots(1, len(columns), figsize=(9, 2.6), sharey=True)
    for axes, (title, values) in zip(panels, columns.items(), strict=True):
        axes.bar(range(len(labels)), values, color=PALETTE[0])
        axes.set_xticks(range(len(labels)), labels, rotation=75, ha="right", fontsize=8)
        axes.set(ylim=(0, 1.02), title=title)
    panels[0].set_ylabel("probability")
    return figure


def few_shot(curves, baselines):
    """ROUGE-1 against the number of examples, a panel a task.

    curves: task → {examples: (mean, (low, high))}. baselines: task → {name: mean}, drawn as dashed lines.
    """
    import matplotlib.pyplot as plt

    style()
    figure, panels = plt.subplots(1, len(curves), figsize=(9, 3.2), sharey=True)
    for axes, (task, points) in zip(panels, curves.items(), strict=True):
        means = [mean for mean, _ in points.values()]
        below = [mean - low for mean, (low, _) in points.values()]
        above = [high - mean for mean, (_, high) in points.values()]
        axes.errorbar(list(points), means, [below, above], color=PALETTE[0], marker="o", capsize=3, label="the model")
        for color, (name, mean) in zip(PALETTE[1:], baselines[task].items(), strict=False):
            axes.axhline(mean, color=color, linestyle="--", linewidth=1.3, label=name)
        axes.set(title=task, xlabel="examples in the prompt", xticks=list(points))
        axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    panels[0].set_ylim(0)  # for all panels, once everything is drawn
    panels[0].set_ylabel("ROUGE-1, points")
    return figure


def few_shot_alt(curves, baselines):
    """The figure of `few_shot` in words."""
    panels = []
    for task, points in curves.items():
        found = [f"{count} examples {mean:.0f}" for count, (mean, _) in points.items()]
        panels.append(f"{task}: " + ", ".join(found + [f"{name} {mean:.0f}" for name, mean in baselines[task].items()]))
    return "ROUGE-1 by number of examples, with baselines. " + "; ".join(panels)


def break_even(prompting, tuned, calls, crossing):
    """Total cost against calls: two lines. prompting, tuned: (fixed, per call); crossing: calls, or infinity."""
    import math

    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    ends = [0, calls]
    for color, name, (fixed, each) in ((PALETTE[3], "few-shot prompt", prompting), (PALETTE[0], "tuned model", tuned)):
        axes.plot(ends, [fixed + each * count for count in ends], color=color, linewidth=2, label=name)
    if math.isfinite(crossing) and crossing <= calls:
        axes.axvline(crossing, color="#333333", linestyle=":", label=f"break-even: {crossing:,} calls")
    axes.set(xlabel="calls", ylabel="cost", xlim=(0, calls), ylim=(0, None))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend()
    return figure
