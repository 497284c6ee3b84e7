"""The figure of lesson 11: how much several tries help."""

from helpers.plots.base import PALETTE, style


def tries(curves):
    """A figure of the share of functions for which one of k answers passes, over k.

    curves: name of a system → list of shares (0 to 1), for k = 1, 2, ...; one alone is a point.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    for color, (name, shares) in zip(PALETTE, curves.items(), strict=False):
        line = "-" if shares[1:] else "none"
        points = range(1, len(shares) + 1), [100 * share for share in shares]
        axes.plot(*points, marker="o", linestyle=line, clip_on=False, color=color, label=name)
    longest = max(map(len, curves.values()))
    axes.set(xlabel="k, answers to each function", ylabel="pass@k, per cent", xticks=range(1, longest + 1))
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right")
    return figure


def tries_in_words(curves):
    """What `tries` shows, as alt text."""
    parts = []
    for name, shares in curves.items():
        more = f", {shares[-1]:.0%} with {len(shares)}" if shares[1:] else ""
        parts.append(f"{name} {shares[0]:.0%} with one answer{more}")
    return "pass@k: " + "; ".join(parts) + "."
