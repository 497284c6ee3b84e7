"""Figures of the fine-tuning lessons: training curves, and methods side by side."""

from helpers.plots.base import PALETTE, picture, show, style


def live(losses, evaluations):
    """The curves of a running training as a display bundle {"text/html", "text/plain"}.

    losses, evaluations: lists of (step, loss in nats per answer token).
    """
    figure = _axes_with(losses, evaluations)
    alt = f"Training loss by step: from {losses[0][1]:.2f} to {losses[-1][1]:.2f} in {losses[-1][0]} steps."
    if len(evaluations) > 1:
        alt += f" Validation loss: from {evaluations[0][1]:.2f} to {evaluations[-1][1]:.2f}."
    return {"text/html": picture(figure, alt), "text/plain": alt}


def losses(values, alt):
    """Show the training loss of each step, with its running mean over ten steps."""
    show(_axes_with(list(enumerate(values, 1)), []), alt)


def _axes_with(losses, evaluations):
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(6, 2.6))
    axes.plot(*zip(*losses, strict=True), color=PALETTE[-1], linewidth=1, label="training, each step")
    smooth = _running_mean(losses)
    axes.plot(*zip(*smooth, strict=True), color=PALETTE[0], linewidth=2, label="training, mean of ten")
    if evaluations:
        axes.plot(*zip(*evaluations, strict=True), "o-", color=PALETTE[3], label="validation")
    axes.set(xlabel="training step", ylabel="loss (nats per token)", ylim=(0, None))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure


def _running_mean(losses, width=10):
    values = [loss for _, loss in losses]
    means = [sum(values[max(0, at - width + 1) : at + 1]) / min(at + 1, width) for at in range(len(values))]
    return [(step, mean) for (step, _), mean in zip(losses, means, strict=True)]


def curves(results, title=""):
    """A figure of the validation losses of several runs by step, and of the training loss where there is one run.

    results: name → `finetune.Result`.
    """
    import matplotlib.pyplot as plt

    if len(results) == 1:
        (result,) = results.values()
        return _axes_with(list(enumerate(result.losses, 1)), result.evaluations)
    style()
    figure, axes = plt.subplots(figsize=(6, 3))
    for (name, result), color in zip(results.items(), PALETTE, strict=False):
        steps, losses = zip(*result.evaluations, strict=True)
        axes.plot(steps, losses, "o-", color=color, label=name)
    axes.set(xlabel="training step", ylabel="validation loss (nats per token)", title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure
