"""The pictures of lesson 01: text in the colours of its tokens, and what texts cost in tokens."""

import html

from helpers.plots.base import PALETTE, show, style

# Pale, so that black text on them is readable in a light and in a dark theme alike.
PALE = ["#cfe3f3", "#fbe3b4", "#c6ebdd", "#f6d0bd"]
FRAME = "border-radius:3px;padding:1px 0;color:#111;"
# The element is <pre>: in another one, nbconvert's parser turns a token of several spaces into a single space.
BLOCK = "white-space:pre-wrap;font:13px/1.9 monospace;margin:0;padding:0;border:0;background:none;"


def _text(piece):
    """A token's text with its line breaks made visible; the break itself comes behind the mark."""
    return html.escape(piece).replace("\n", '<span style="opacity:.45">↵</span>\n').replace("\t", "→\t")


def _piece(piece, colour, about=""):
    tip = f' title="{html.escape(about)}"' if about else ""
    return f'<span style="{FRAME}background:{colour}"{tip}>{_text(piece)}</span>'


def coloured(pieces, heading="", ids=None):
    """HTML of a text in pieces, each on a ground of its own; a pointer on one shows its number, if `ids` are given."""
    tips = [f"token {number}" for number in ids] if ids is not None else [""] * len(pieces)
    grounds = [PALE[at % len(PALE)] for at in range(len(pieces))]
    body = "".join(_piece(*both) for both in zip(pieces, grounds, tips, strict=True))
    title = f"<div><b>{html.escape(heading)}</b></div>" if heading else ""
    return f'{title}<pre style="{BLOCK}">{body}</pre>'


def split(texts):
    """Show texts in the colours of their tokens. texts: heading → (pieces, ids or None)."""
    _display(
        "".join(
            f'<div style="margin-bottom:1em">{coloured(p, heading, ids)}</div>' for heading, (p, ids) in texts.items()
        ),
        "\n\n".join(f"{heading}\n{'|'.join(pieces)}" for heading, (pieces, _) in texts.items()),
    )


def masked(pieces, trained):
    """Show one training example: tokens that are trained on stand on blue, the others are struck by the mask.

    pieces: the tokens' texts. trained: for each, whether it has a label.
    """
    body = "".join(
        _piece(piece, PALE[0], "trained: the model must predict it") if on
        else f'<span style="opacity:.55" title="label -100: not in the loss">{_text(piece)}</span>'
        for piece, on in zip(pieces, trained, strict=True)
    )  # fmt: skip
    legend = (
        f"<div>{_piece('trained', PALE[0])} label = the token itself &nbsp; "
        '<span style="opacity:.55">not trained</span> label = -100</div>'
    )
    marked = "".join(f"[{piece}]" if on else piece for piece, on in zip(pieces, trained, strict=True))
    _display(f'{legend}<pre style="{BLOCK}">{body}</pre>', f"In brackets: trained.\n{marked}")


def _display(page, plain):
    from IPython.display import display

    display({"text/html": page, "text/plain": plain}, raw=True)


def languages(counts):
    """Bars: how many tokens one paragraph costs in each language.

    counts: language → {tokenizer: tokens}; every language has the same tokenizers.
    """
    import matplotlib.pyplot as plt

    style()
    names, systems = list(counts), list(next(iter(counts.values())))
    figure, axes = plt.subplots(figsize=(7, 0.42 * len(names) + 0.8))
    height = 0.84 / len(systems)
    for place, system in enumerate(systems):
        at = [row + (place - (len(systems) - 1) / 2) * height for row in range(len(names))]
        values = [counts[name][system] for name in names]
        axes.barh(at, values, height * 0.9, color=PALETTE[place], label=system)
        for y, value in zip(at, values, strict=True):
            axes.annotate(f"{value}", (value, y), (3, 0), textcoords="offset points", va="center", fontsize=7)
    axes.set(yticks=range(len(names)), yticklabels=names, xlabel="tokens for the same six sentences")
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    told = "; ".join(f"{name} " + ", ".join(f"{s} {counts[name][s]}" for s in systems) for name in names)
    show(figure, f"Tokens for one paragraph: {told}.")


def vocabulary(curve, others):
    """A line: characters per token of held-out Python over the size of the vocabulary, and other tokenizers as points.

    curve: [(size, characters per token)]. others: name → (size, characters per token).
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    axes.plot(*zip(*curve, strict=True), color=PALETTE[0], marker="o", label="trained here, on Python")
    for place, (name, (size, value)) in enumerate(others.items(), start=1):
        axes.plot(size, value, "D", markersize=8, color=PALETTE[place], label=name)
    axes.set_xscale("log", base=2)
    sizes = sorted({size for size, _ in [*curve, *others.values()]})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45, ha="right", fontsize=8)
    axes.minorticks_off()
    axes.set(xlabel="tokens in the vocabulary", ylabel="characters per token", ylim=(0, None))
    axes.legend()
    told = "; ".join(f"{size:,} tokens {value:.2f}" for size, value in curve)
    points = "; ".join(f"{name} with {size:,}: {value:.2f}" for name, (size, value) in others.items())
    show(figure, f"Characters of Python per token. Trained here: {told}. {points}.")


def indentation(counts):
    """Lines: what an indented line break costs in tokens, over its spaces. counts: tokenizer → {spaces: tokens}."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 2.6))
    for (name, by_spaces), line, colour in zip(counts.items(), ("-", "--", ":"), PALETTE, strict=False):
        axes.plot(list(by_spaces), list(by_spaces.values()), line, color=colour, linewidth=2, label=name)
    axes.set(xlabel="spaces in front of the line", ylabel="tokens", ylim=(0, None))
    axes.set_xticks(range(0, max(by_spaces) + 1, 4))
    axes.legend()
    told = "; ".join(
        f"{name} " + ", ".join(f"{by_spaces[n]} for {n}" for n in by_spaces if n % 8 == 0)
        for name, by_spaces in counts.items()
    )
    show(figure, f"Tokens for a line break and its indentation, by number of spaces: {told}.")


def surprise(found, guessing):
    """Lines: the mean loss of the token at each place of a text, smoothed over ten places, and that of pure guessing.

    found: name → one list of losses (nats) for each text. guessing: the loss of whoever knows nothing.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, axes = plt.subplots()
    told = []
    for place, (name, rows) in enumerate(found.items()):
        length = min(len(row) for row in rows)
        mean = np.mean([row[:length] for row in rows], axis=0)
        smooth = np.convolve(mean, np.ones(10) / 10, mode="valid")
        axes.plot(range(10, length + 1), smooth, color=PALETTE[place], linewidth=2, label=name)
        told.append(f"{name} {smooth[0]:.1f} at the start, {smooth[-1]:.1f} at the end")
    axes.axhline(guessing, color="#333333", linestyle="--", linewidth=1, label="knowing nothing: ln V")
    axes.set(xlabel="place in the text, in tokens", ylabel="loss (nats per token),\nmean of ten places", ylim=(0, None))
    axes.legend(loc="center right")
    show(figure, f"Loss by place in the text: {'; '.join(told)}; knowing nothing {guessing:.1f}.")
