"""Figures of lesson 08: the matrices of LoRA to scale, how many directions hold a change, settings, a margin."""

from helpers.plots.base import PALETTE, style


def matrices(rows, columns, rank):
    """A figure of W (rows × columns), B (rows × rank) and A (rank × columns), drawn to one scale."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 3.2))
    gap = 0.16 * max(rows, columns)
    at = 0
    parts = [
        ("W, frozen", rows, columns, PALETTE[6]),
        ("B", rows, rank, PALETTE[1]),
        ("A", rank, columns, PALETTE[0]),
    ]
    for (name, height, width, color), sign in zip(parts, ("", "+", "×"), strict=True):
        axes.text(at - gap / 2, -rows / 2, sign, ha="center", va="center", fontsize=16)
        axes.add_patch(plt.Rectangle((at, -height), max(width, 2), height, color=color))
        axes.text(at + width / 2, gap / 4, f"{name}\n{height:,} × {width:,}", ha="center", fontsize=9)
        at += width + gap
    axes.set(xlim=(-gap, at), ylim=(-rows - gap / 3, 1.2 * gap), aspect="equal")
    axes.axis("off")
    return figure


def matrices_alt(rows, columns, rank):
    """The figure of `matrices` in words."""
    whole, thin = rows * columns, rank * (rows + columns)
    return (
        f"A matrix W of {rows:,} by {columns:,}, {whole:,} numbers, and beside it B, {rows:,} by {rank}, and A, {rank} "
        f"by {columns:,}: {thin:,} numbers, {thin / whole:.1%} of W's."
    )


def held(lines, mark=16):
    """A figure of how much of a matrix its largest directions hold, on a logarithmic axis.

    lines: name → shares held by the first 1, 2, 3, ... directions. mark: a rank to point at.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    for color, (name, shares) in zip(PALETTE, lines.items(), strict=False):
        axes.plot(range(1, len(shares) + 1), [100 * share for share in shares], color=color, label=name)
    axes.axvline(mark, color="#333333", linestyle=":", label=f"{mark} directions")
    axes.set(xscale="log", xlabel="directions, largest first", ylabel="held, per cent", ylim=(0, 103))
    axes.legend()
    return figure


def held_alt(lines, mark=16):
    """The figure of `held` in words."""
    found = [f"{name} {shares[min(mark, len(shares)) - 1]:.0%}" for name, shares in lines.items()]
    return f"Share held by the {mark} largest directions: {', '.join(found)}. All lines end at 100 %."


def rates(lines):
    """A figure of validation loss over learning rate, the best of each line marked.

    lines: name → list of (learning rate, loss in nats per answer token).
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    for color, marker, (name, points) in zip(PALETTE, "osD^", lines.items(), strict=False):
        points = sorted(points)
        axes.plot(*zip(*points, strict=True), color=color, marker=marker, markersize=5, label=name)
        rate, loss = best(points)
        axes.plot(rate, loss, "o", markersize=13, markerfacecolor="none", markeredgecolor=color)
    axes.set(xscale="log", xlabel="learning rate", ylabel="validation loss (nats per token)")
    axes.legend(title="circle: the best", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def best(points):
    """The pair with the lowest loss of (learning rate, loss) pairs."""
    return min(points, key=lambda point: point[1])


def rates_alt(lines):
    """The figure of `rates` in words."""
    found = {name: best(points) for name, points in lines.items()}
    return "Lowest loss: " + "; ".join(f"{name} {loss:.3f} at {rate:g}" for name, (rate, loss) in found.items()) + "."


def margin(rows, limit, xlabel):
    """A figure of differences with their intervals, beside the margin: what is worse than that is coloured.

    rows: name → (difference, (low, high)). limit: the margin, a negative number in the same unit.
    """
    from helpers.plots.measuring import intervals

    figure = intervals(rows, xlabel, zero=True)
    axes = figure.axes[0]
    low = min(limit, *(interval[0] for _, interval in rows.values()))
    high = max(0, *(interval[1] for _, interval in rows.values()))
    pad = 0.1 * (high - low)
    axes.axvspan(low - pad, limit, color=PALETTE[3], alpha=0.15, zorder=0)
    axes.annotate("worse than the margin", (limit, 0), (-4, 4), xycoords=("data", "axes fraction"),
                  textcoords="offset points", ha="right", fontsize=9)  # fmt: skip
    axes.set_xlim(low - pad, high + pad)
    return figure
