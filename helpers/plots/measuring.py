"""Figures of lesson 06: shared words, length, intervals, which test kills which mutant, a judge's choices, lab runs."""

import html

from helpers.plots.base import PALETTE, style


def shared_words(answer, reference):
    """HTML of two texts with the words they share coloured, and ROUGE-1 below. Words are the runs of a-z and 0-9."""
    from helpers import metrics

    found = metrics.rouge([answer], [reference], kinds=["rouge1"], details=True)[0]
    rows = {"answer": _coloured(answer, reference), "reference": _coloured(reference, answer)}
    left = "style='text-align:left'"
    lines = "".join(f"<tr><th {left}>{name}</th><td {left}>{text}</td></tr>" for name, text in rows.items())
    scores = (
        f"{found['words']} words: precision {found['rouge1_precision']:.0f}, recall {found['rouge1_recall']:.0f}, "
        f"F {found['rouge1']:.0f}"
    )
    return f"<table>{lines}</table><p>{scores}</p>"


def _coloured(text, other):
    """`text` as HTML; each word that `other` has too is coloured, as often as it occurs there."""
    import re
    from collections import Counter

    left = Counter(re.findall(r"[a-z0-9]+", other.lower()))
    parts = []
    for part in re.split(r"([A-Za-z0-9]+)", text):
        shown = html.escape(part)
        if left[part.lower()] > 0:
            left[part.lower()] -= 1
            shown = f"<span style='background:#F5D38A;color:#111'>{shown}</span>"
        parts.append(shown)
    return "".join(parts)


def lengths(counts, lines, usual):
    """A figure of scores against the length of answers.

    lines: name → points, one per count. usual: how long a human's answer is.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    for color, marker, (name, values) in zip(PALETTE, "osD", lines.items(), strict=False):
        axes.plot(counts, values, color=color, marker=marker, markersize=4, label=name)
    axes.axvline(usual, color="#333333", linestyle=":", label="length of a reference")
    axes.set(xlabel="words kept, at most", ylabel="ROUGE-1, points", ylim=(0, None))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def intervals(rows, xlabel, zero=False, title=""):
    """A figure of means as dots with their intervals, one line each. rows: name → (mean, (low, high))."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 0.8 + 0.45 * len(rows)))
    for place, (mean, (low, high)) in enumerate(rows.values()):
        axes.plot([low, high], [place, place], color=PALETTE[0], linewidth=2)
        axes.plot(mean, place, "o", color=PALETTE[0])
        axes.annotate(f"{mean:.1f}", (mean, place), (0, 6), textcoords="offset points", ha="center", fontsize=9)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set(xlabel=xlabel, title=title, ylim=(len(rows) - 0.4, -0.7))
    if zero:
        axes.axvline(0, color="#333333", linestyle=":")
    else:
        axes.set_xlim(0, None)
    return figure


def intervals_alt(rows, what):
    """The figure of `intervals` in words."""
    shown = [f"{name} {mean:.1f} ({low:.1f} to {high:.1f})" for name, (mean, (low, high)) in rows.items()]
    return f"{what}, with 95 % intervals: {'; '.join(shown)}."


def kills(tests, changed):
    """A figure of a grid: which test kills which mutant. tests: name → a bool per mutant. changed: its line of each."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(0.7 + 0.8 * len(tests), 0.6 + 0.3 * len(changed)))
    for place, killed in enumerate(tests.values()):
        for number, dead in enumerate(killed):
            color = PALETTE[3] if dead else "#eeeeee"
            axes.add_patch(plt.Rectangle((place - 0.45, number - 0.45), 0.9, 0.9, color=color))
            axes.text(place, number, "x" if dead else "", ha="center", va="center", color="white", fontweight="bold")
    axes.set(xlim=(-0.6, len(tests) - 0.4), ylim=(len(changed) - 0.4, -0.6), xlabel="test; x: killed")
    axes.set_xticks(range(len(tests)), list(tests))
    width = max(map(len, changed))  # all of one width, so that they stand flush left
    axes.set_yticks(range(len(changed)), [f"{number:2}:  {line:{width}}" for number, line in enumerate(changed, 1)])
    for label in axes.get_yticklabels():
        label.set(family="monospace", fontsize=8)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False, labeltop=True)
    return figure


def kills_alt(tests, changed):
    """The figure of `kills` in words."""
    counts = [f"{name} kills {sum(killed)} of {len(killed)} mutants" for name, killed in tests.items()]
    left = [line for number, line in enumerate(changed) if not any(killed[number] for killed in tests.values())]
    return f"{'; '.join(counts)}. Killed by none: {'; '.join(left) or 'no mutant'}."


def positions(leans):
    """A figure of a judge's choices. leans: for each pair how far it leans to A, (the right test is A, it is B)."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(5.2, 4.2))
    most = 1.15 * max(1e-9, *(abs(lean) for pair in leans for lean in pair))
    axes.add_patch(plt.Rectangle((0, -most), most, most, color="#CDE8DD", zorder=0))
    words = {(0.5, -0.93): "right in both orders", (0.5, 0.9): "always A", (-0.5, -0.93): "always B"}
    for (x, y), text in {**words, (-0.5, 0.9): "wrong in both orders"}.items():
        axes.text(x * most, y * most, text, ha="center", fontsize=9, color="#333333")
    axes.plot(*zip(*leans, strict=True), "o", color=PALETTE[0], alpha=0.6)
    axes.axhline(0, color="#333333", linewidth=1)
    axes.axvline(0, color="#333333", linewidth=1)
    axes.set(xlim=(-most, most), ylim=(-most, most))
    axes.set(xlabel="leans to A, where A is right (nats)", ylabel="leans to A, where B is right (nats)")
    return figure


def runs(changes, pooled):
    """A figure of the same experiment run many times. changes: per cent, one per run; pooled: (mean, (low, high))."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    ordered = sorted(changes)
    colors = [PALETTE[3] if change < 0 else PALETTE[0] for change in ordered]
    axes.bar(range(1, len(ordered) + 1), ordered, color=colors)
    mean, (low, high) = pooled
    axes.axhspan(low, high, color=PALETTE[6], alpha=0.35, zorder=0, label="all runs together, 95 % interval")
    axes.axhline(mean, color="#333333", linewidth=1)
    axes.axhline(0, color="#333333", linewidth=1)
    axes.set(xlabel="run, from worst to best", ylabel="improvement, per cent")
    axes.legend(loc="upper left")
    return figure
