"""Lesson 02's figures: word vectors, attention maps, what each layer predicts, and where the parameters are."""

from helpers.plots.base import PALETTE, show, style

MONO = {"family": "DejaVu Sans Mono", "fontsize": 8}  # comes with matplotlib


def visible(token):
    """A token's text with its spaces and line ends made visible, and □ for signs that the figures' font lacks."""
    text = token.replace(" ", "␣").replace("\xa0", "␣").replace("\n", "↵").replace("\t", "⇥").replace("$", r"\$")
    return "".join(sign if ord(sign) < 0x250 or sign in "␣↵⇥" else "□" for sign in text)


def word_map(groups, points, alt):
    """Words as points in the plane. groups: name → words; points: array (words in that order, 2)."""
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots(figsize=(8, 5))
    gaps = np.linalg.norm(points[:, None] - points, axis=2) + np.diag(np.full(len(points), np.inf))
    nearest = points[gaps.argmin(axis=1)]
    start = 0
    for colour, (name, words) in zip(PALETTE, groups.items(), strict=False):
        at = points[start : start + len(words)]
        axes.scatter(at[:, 0], at[:, 1], s=14, color=colour, label=name)
        for place, word in enumerate(words, start):
            leftwards = points[place, 0] < nearest[place, 0]  # away from the nearest other word
            axes.annotate(
                word, points[place], (-5 if leftwards else 5, 0), textcoords="offset points",
                ha="right" if leftwards else "left", va="center", color=colour, fontsize=9,
            )  # fmt: skip
        start += len(words)
    axes.margins(x=0.1)
    axes.set(xticks=[], yticks=[])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=len(groups))
    show(figure, alt)


def ranked(values, xlabel, alt, title="", form="{:.2f}"):
    """Horizontal bars, the first on top. values: label → number."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 0.6 + 0.25 * len(values)))
    bars = axes.barh(range(len(values)), list(values.values()), color=PALETTE[0])
    axes.bar_label(bars, [form.format(value) for value in values.values()], padding=3, fontsize=8)
    axes.set_yticks(range(len(values)), list(values), **MONO)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.axvline(0, color="#333333", linewidth=0.8)
    axes.set(xlabel=xlabel, title=title)
    show(figure, alt)


def steps(matrices, tokens, alt):
    """Matrices between the same tokens, side by side, with their numbers. matrices: title → array (tokens, tokens)."""
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, drawings = plt.subplots(1, len(matrices), figsize=(5 * len(matrices), 4.6))
    for axes, (title, matrix) in zip(drawings, matrices.items(), strict=True):
        shown = np.ma.masked_invalid(np.asarray(matrix, dtype=float))
        drawn = axes.imshow(shown, cmap="cividis")
        for (row, column), value in np.ndenumerate(shown.filled(np.nan)):
            if np.isfinite(value) and value:
                dark = drawn.norm(value) < 0.6
                axes.text(
                    column, row, f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}".replace("0.", "."),
                    ha="center", va="center", fontsize=7, color="white" if dark else "black",
                )  # fmt: skip
        _label(axes, tokens)
        axes.set_title(title)
    show(figure, alt)


def _label(axes, tokens):
    axes.set_xticks(range(len(tokens)), tokens, rotation=90, **MONO)
    axes.set_yticks(range(len(tokens)), tokens, **MONO)


def attention_map(shares, tokens, title):
    """A figure of one head's shares. shares: array (tokens, tokens); a row says where its token looks."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(5, 4.4))
    drawn = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    figure.colorbar(drawn, ax=axes, label="share of the attention")
    _label(axes, tokens)
    axes.set(title=title, xlabel="... looks at this one", ylabel="this token ...")
    return figure


def all_heads(attention, alt):
    """Every head's map as a small picture: a column per layer, a row per head. attention: (layers, heads, n, n)."""
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    layers, heads, tokens, _ = attention.shape
    framed = np.full((layers, heads, tokens + 2, tokens + 2), np.nan)
    framed[:, :, 1:-1, 1:-1] = attention
    whole = framed.transpose(1, 2, 0, 3).reshape(heads * (tokens + 2), layers * (tokens + 2))
    figure, axes = plt.subplots(figsize=(12, 12 * heads / layers + 0.6))
    coarse = np.ma.masked_invalid(np.round(16 * whole) / 16)  # few colours make a small file
    axes.imshow(coarse, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
    middle = (tokens + 2) / 2 - 0.5
    axes.set_xticks(middle + (tokens + 2) * np.arange(layers), range(layers), fontsize=8)
    axes.set_yticks(middle + (tokens + 2) * np.arange(heads), range(heads), fontsize=8)
    axes.set(xlabel="layer", ylabel="head")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    show(figure, alt)


def head_scores(scores, alt):
    """One coloured table per criterion. scores: name → array (layers, heads) of shares."""
    import matplotlib.pyplot as plt

    style()
    figure, drawings = plt.subplots(len(scores), 1, figsize=(8, 2.3 * len(scores)), sharex=True, layout="constrained")
    for axes, (name, values) in zip(drawings, scores.items(), strict=True):
        drawn = axes.imshow(values.T, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        axes.set(title=name, ylabel="head", yticks=range(0, values.shape[1], 2))
    axes.set(xlabel="layer", xticks=range(0, len(values), 2))
    figure.colorbar(drawn, ax=drawings, label="share of the attention")
    show(figure, alt)


def lens(tokens, layers, words, chances, alt):
    """What the model would say if it stopped early. layers: how many; words, chances: a row for each such number."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(1 + 0.85 * len(tokens), 0.8 + 0.3 * len(layers)))
    drawn = axes.imshow(chances, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for row, line in enumerate(words):
        for column, word in enumerate(line):
            colour = "white" if chances[row][column] < 0.6 else "black"
            axes.text(
                column, row, visible(word)[:9], ha="center", va="center", color=colour, **MONO | {"fontsize": 7.5}
            )
    axes.set_xticks(range(len(tokens)), tokens, **MONO)
    axes.set_yticks(range(len(layers)), layers)
    axes.set(xlabel="after this token", ylabel="after this many layers")
    figure.colorbar(drawn, ax=axes, label="its probability", pad=0.02)
    show(figure, alt)


def without_layers(losses, whole, alt):
    """The loss without each layer, as bars from the whole model's loss upwards. losses: layer → loss without it."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(8, 3.2))
    axes.bar(list(losses), [loss - whole for loss in losses.values()], bottom=whole, color=PALETTE[0])
    axes.axhline(whole, color=PALETTE[3], linewidth=1.5, label="all layers")
    axes.set(xlabel="the layer left out", ylabel="loss (nats per token)")
    axes.set(xticks=range(0, max(losses) + 1, 2), ylim=(0, None))
    axes.legend()
    show(figure, alt)


def masks(matrices, alt):
    """Who may attend to whom. matrices: title → (array of booleans, its tokens)."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap

    style()
    figure, drawings = plt.subplots(1, len(matrices), figsize=(4 * len(matrices), 4), layout="constrained")
    for axes, (title, (matrix, tokens)) in zip(drawings, matrices.items(), strict=True):
        axes.imshow(matrix, cmap=ListedColormap(["#eeeeee", PALETTE[0]]), vmin=0, vmax=1)
        _label(axes, tokens)
        axes.set_title(title)
        axes.set_xticks([edge - 0.5 for edge in range(len(tokens) + 1)], minor=True)
        axes.set_yticks([edge - 0.5 for edge in range(len(tokens) + 1)], minor=True)
        axes.grid(which="minor", color="white", linewidth=1)
        axes.tick_params(which="both", length=0)
    show(figure, alt)
