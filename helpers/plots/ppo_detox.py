"""Figures of lesson 13: the clipped objective, one reply token by token, and a run's curves."""

from helpers.plots.base import PALETTE, style

# measure → (title, how a value is written)
MEASURES = {
    "reward": ("reward", "{:.2f}"),
    "kl": ("KL, nats a reply", "{:.1f}"),
    "toxicity": ("toxicity, by a judge", "{:.2f}"),
    "useful": ("names the problem, share", "{:.0%}"),
    "length": ("tokens a reply", "{:.0f}"),
    "variety": ("different word pairs in a reply", "{:.0%}"),
}


def clipped(clip=0.2):
    """A figure of PPO's objective for one token, by its ratio: with a positive and with a negative advantage."""
    import matplotlib.pyplot as plt

    style()
    figure, both = plt.subplots(1, 2, figsize=(7, 2.6), sharey=True)
    ratios = [place / 100 for place in range(201)]
    for axes, advantage, name in zip(both, (1, -1), ("better than expected", "worse than expected"), strict=True):
        plain = [ratio * advantage for ratio in ratios]
        limited = [min(max(ratio, 1 - clip), 1 + clip) * advantage for ratio in ratios]
        axes.plot(ratios, plain, ":", color=PALETTE[6], label="ratio · advantage")
        axes.plot(ratios, [min(pair) for pair in zip(plain, limited, strict=True)], color=PALETTE[0], label="PPO")
        axes.plot(1, advantage, "o", color=PALETTE[3])
        axes.axvspan(1 - clip, 1 + clip, color=PALETTE[1], alpha=0.15)
        axes.set(xlabel="ratio: new / old probability", title=f"{name} (advantage {advantage:+d})")
    both[0].set_ylabel("objective")
    both[0].legend()
    return figure


def clipped_alt(clip=0.2):
    """The figure of `clipped` in words."""
    return (
        f"PPO's objective over the ratio. With advantage +1 it rises up to {1 + clip:g} and is flat beyond; with "
        f"advantage -1 it is flat below {1 - clip:g} and falls from there on. Training starts at ratio 1."
    )


def reply(tokens, log_ratios, advantages):
    """A figure of one reply: for each token, its log-ratio to the reference, and its advantage."""
    import matplotlib.pyplot as plt

    style()
    figure, both = plt.subplots(2, 1, figsize=(8, 3.4), sharex=True)
    places = range(len(tokens))
    for axes, values, name in zip(both, (log_ratios, advantages), ("log-ratio, nats", "advantage"), strict=True):
        colors = [PALETTE[0] if value >= 0 else PALETTE[3] for value in values]
        axes.bar(places, values, color=colors)
        axes.axhline(0, color="#333333", linewidth=0.8)
        axes.set_ylabel(name)
    both[1].set_xticks(places, [token.replace("$", r"\$") for token in tokens], rotation=90, fontsize=7)
    return figure


def reply_alt(tokens, log_ratios, advantages):
    """The figure of `reply` in words."""
    best = max(range(len(tokens)), key=lambda place: advantages[place])
    worst = min(range(len(tokens)), key=lambda place: advantages[place])
    return (
        f"{len(tokens)} tokens of a reply. Log-ratios add up to {sum(log_ratios):.2f} nats. The largest advantage is "
        f"{advantages[best]:.2f} at {tokens[best]!r}, the least {advantages[worst]:.2f} at {tokens[worst]!r}."
    )


def curves(runs):
    """A figure of what changed by step, a panel for each of `MEASURES`. runs: name → `ppo.Result`."""
    import matplotlib.pyplot as plt

    style()
    figure, panels = plt.subplots(2, 3, figsize=(9, 4.4), sharex=True)
    for axes, (measure, (title, _)) in zip(panels.flat, MEASURES.items(), strict=True):
        for (name, result), color, line in zip(runs.items(), PALETTE, ("-", "--", ":"), strict=False):
            if all(measure in entry for entry in result.history):
                axes.plot(result.column("step"), result.column(measure), line, color=color, marker=".", label=name)
        axes.set_title(title, fontsize=9)
        if measure != "reward":
            axes.set_ylim(0, None)
    for axes in panels[1]:
        axes.set_xlabel("step")
    if len(runs) > 1:
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="upper center", ncols=len(runs), frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 0.93))
    else:
        figure.tight_layout()
    return figure


def curves_alt(runs):
    """The figure of `curves` in words: the first and the last step."""
    parts = []
    for name, result in runs.items():
        first, last = result.history[0], result.history[-1]
        found = [
            f"{title} {form.format(first[measure])} to {form.format(last[measure])}"
            for measure, (title, form) in MEASURES.items()
            if measure in first
        ]
        parts.append(f"{name}, {len(result.history)} steps: {'; '.join(found)}")
    return ". ".join(parts) + "."
