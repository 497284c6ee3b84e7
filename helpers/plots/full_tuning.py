"""Figures of lesson 07: a learning-rate sweep, schedules, a training's curves in words, and overfitting."""

from statistics import mean

from helpers.plots.base import PALETTE, style


def run_in_words(result):
    """The curves of a `finetune.Result` in words."""
    last = result.losses[-10:]
    text = f"Training loss: {result.losses[0]:.2f} at first, {mean(last):.2f} in the last {len(last)} steps on average."
    if result.evaluations:
        losses = [loss for _, loss in result.evaluations]
        text += f" Validation loss: from {losses[0]:.2f} to {losses[-1]:.2f}."
    return text


def _by_rate(runs):
    """(learning rate, mean validation loss over seeds), sorted by rate."""
    rates = sorted({run["learning_rate"] for run in runs})
    return [(rate, mean(run["validation_loss"] for run in runs if run["learning_rate"] == rate)) for rate in rates]


def sweep(runs):
    """A figure of the validation loss after whole trainings by learning rate: a dot a run, a line through the means.

    runs: dicts with learning_rate, validation_loss and rows (how many were trained on), as in data/results/.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(6, 3))
    for color, rows in zip(PALETTE, sorted({run["rows"] for run in runs}), strict=False):
        some = [run for run in runs if run["rows"] == rows]
        axes.plot(*zip(*_by_rate(some), strict=True), color=color, linewidth=1.5)
        dots = [(run["learning_rate"], run["validation_loss"]) for run in some]
        axes.plot(*zip(*dots, strict=True), "o", color=color, label=f"{rows} rows")
    axes.set(xscale="log", xlabel="learning rate", ylabel="validation loss (nats per token)")
    axes.legend()
    return figure


def sweep_in_words(runs):
    """The figure of `sweep` in words."""
    parts = []
    for rows in sorted({run["rows"] for run in runs}):
        found = _by_rate([run for run in runs if run["rows"] == rows])
        parts.append(f"{rows} rows: " + ", ".join(f"{rate:.0e} gives {loss:.2f}" for rate, loss in found))
    return "Validation loss by learning rate. " + "; ".join(parts) + "."


def schedules(curves):
    """A figure of learning rates by step. curves: name → the rate of each step."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(6, 2.8))
    for color, line, (name, rates) in zip(PALETTE, ("-", "--", "-."), curves.items(), strict=False):
        axes.plot(rates, line, color=color, linewidth=2, label=name.replace("_", " "))
    axes.set(xlabel="steps done", ylabel="learning rate", ylim=(0, None))
    axes.legend(loc="lower left", bbox_to_anchor=(0.1, -0.03))
    return figure


def schedules_in_words(curves):
    """The figure of `schedules` in words."""
    parts = []
    for name, rates in curves.items():
        top = max(rates)
        parts.append(
            f"{name}: from {rates[0]:.0e} up to {top:.0e} at step {rates.index(top)}, "
            f"{rates[len(rates) // 2]:.1e} half-way, {rates[-1]:.1e} in the last step"
        )
    return "Learning rates by step. " + "; ".join(parts) + "."


def _kept_and_stopped(losses, patience):
    """The place of the lowest loss by the time early stopping ends the run, and the place where it does."""
    best = 0
    for place, loss in enumerate(losses):
        best = place if loss < losses[best] else best
        if place - best >= patience:
            return best, place
    return best, len(losses) - 1


def overfitting(result, patience):
    """A figure of a run's losses on training and validation rows, with what early stopping would keep, and its end."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(6, 3))
    steps, losses = zip(*result.evaluations, strict=True)
    kept, stopped = _kept_and_stopped(losses, patience)
    # A step's loss is taken before the weights move: the first belongs to no step done.
    axes.plot(range(len(result.losses)), result.losses, color=PALETTE[0], linewidth=2, label="training rows")
    axes.plot(steps, losses, "o-", color=PALETTE[3], linewidth=2, label="validation rows")
    marks = {  # where the text stands: beside the rising curve, and under the lowest point
        "lowest: keep these weights": (kept, (6, -14), "left"),
        f"stop, with a patience of {patience}": (stopped, (-6, 14), "right"),
    }
    for text, (place, offset, side) in marks.items():
        point = (steps[place], losses[place])
        axes.plot(*point, "o", color=PALETTE[3], markersize=11, markerfacecolor="none")
        axes.annotate(text, point, offset, textcoords="offset points", ha=side, va="center", fontsize=9)
    axes.set(xlabel="steps done", ylabel="loss (nats per token)", ylim=(0, 1.15 * max(*losses, *result.losses)))
    axes.legend(loc="lower left")
    return figure


def overfitting_in_words(result, patience):
    """The figure of `overfitting` in words."""
    steps, losses = zip(*result.evaluations, strict=True)
    kept, stopped = _kept_and_stopped(losses, patience)
    return (
        f"Training loss from {result.losses[0]:.2f} to {result.losses[-1]:.2f}. Validation loss from {losses[0]:.2f} "
        f"to {losses[kept]:.2f} after {steps[kept]} steps, and {losses[-1]:.2f} at the end; a patience of {patience} "
        f"would end the run after step {steps[stopped]}."
    )
