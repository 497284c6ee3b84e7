"""The figures of lessons 04 and 09: bits, levels, stacked bars of memory, quantised pictures, and grids of GPUs."""

from helpers.errors import CourseError
from helpers.plots.base import PALETTE, picture, show, style

# A part keeps its colour in every figure. Weights are blue, what training adds is warm, activations are green.
PARTS = {
    "weights": PALETTE[0],
    "quantisation constants": "#003D66",
    "adapters": PALETTE[4],
    "optimizer": PALETTE[3],
    "gradients": PALETTE[1],
    "low-precision copies": PALETTE[5],
    "activations": PALETTE[2],
    "logits and loss": PALETTE[6],
}
NF4 = (-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0,
       0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1.0)  # fmt: skip
FIELDS = {"sign": "#F5C76B", "exponent": "#9BD0F0", "fraction": "#D9D9D9"}


def bits_table(number, largest):
    """An HTML table of how five formats store `number`: the bits, what they stand for, and the error.

    largest: the largest number of its block, from which int8 and nf4 get their scale. Colours tell the fields apart.
    """
    import torch

    largest = max(largest, abs(number))
    rows = []
    for name, exponent in (("float32", 8), ("float16", 5), ("bfloat16", 8)):
        dtype = getattr(torch, name)
        stored = torch.tensor(number, dtype=dtype)
        size = dtype.itemsize * 8
        whole = stored.view({16: torch.int16, 32: torch.int32}[size]).item() % 2**size
        text = f"{whole:0{size}b}"
        fields = {"sign": text[0], "exponent": text[1 : 1 + exponent], "fraction": text[1 + exponent :]}
        rows.append((name.replace("float", "fp").replace("bfp", "bf"), fields, stored.item()))
    step = largest / 127
    whole = max(-127, min(127, round(number / step)))
    text = f"{whole % 256:08b}"
    rows.append(("int8", {"sign": text[0], "fraction": text[1:]}, whole * step))
    level = min(range(16), key=lambda index: abs(NF4[index] * largest - number))
    rows.append(("nf4", {"fraction": f"{level:04b}"}, NF4[level] * largest))
    key = " ".join(_field(name, name) for name in FIELDS)
    body = "".join(
        f"<tr><td style='text-align:left'>{name}</td><td style='text-align:left;font-family:monospace'>"
        f"{' '.join(_field(field, bits) for field, bits in fields.items())}</td>"
        f"<td>{stored:.8g}</td><td>{_error(stored, number)}</td></tr>"
        for name, fields, stored in rows
    )
    head = f"<tr><th>format</th><th style='text-align:left'>bits: {key}</th><th>stores</th><th>off by</th></tr>"
    title = f"{number:g}, in a block whose largest number is {largest:g}"
    return f"<table><caption>{title}</caption>{head}{body}</table>"


def _field(name, text):
    return f"<span style='background:{FIELDS[name]};color:#111;padding:0 2px'>{text}</span>"


def _error(stored, number):
    if stored == number:
        return "nothing"
    return f"{abs(stored - number) / abs(number):.2g} of it" if number else f"{stored:g}"


def levels(values, formats, title):
    """Show a histogram of `values`, all between -1 and 1, above the levels of each of `formats` (name → levels)."""
    import matplotlib.pyplot as plt
    import numpy as np

    style()
    figure, (above, below) = plt.subplots(2, sharex=True, height_ratios=[2, 1], figsize=(7, 3.4))
    above.hist(np.asarray(values), bins=np.linspace(-1, 1, 81), color=PALETTE[0])
    above.set(ylabel="how many weights", title=title)
    for row, found in enumerate(formats.values()):
        below.plot(found, [-row] * len(found), "|", color=PALETTE[3 if row else 2], markersize=16, markeredgewidth=2)
    below.set(yticks=range(0, -len(formats), -1), yticklabels=list(formats), ylim=(0.6 - len(formats), 0.6))
    below.set(xlabel="weight / largest weight of its block")
    below.spines["left"].set_visible(False)
    found = "; ".join(f"{name}: {len(levels)} levels" for name, levels in formats.items())
    show(figure, f"{title}. Most weights are near 0. {found}. NF4's levels are close together near 0, int4's are even.")


def footprints(bars, measured=None, title="", unit="GB"):
    """A figure of stacked bars: bytes by part, in `unit`, with measured totals drawn over them.

    bars: label → {part: bytes}. measured: label → measured bytes, for some or all of the labels.
    """
    import matplotlib.pyplot as plt

    style()
    scale = {"GB": 1e9, "MB": 1e6}[unit]
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.42 * len(bars)))
    drawn = set()
    for row, parts in enumerate(bars.values()):
        left = 0
        for part, amount in parts.items():
            if not amount:
                continue
            label = None if part in drawn else part
            axes.barh(row, amount / scale, left=left, color=PARTS[part], height=0.7, label=label)
            drawn.add(part)
            left += amount / scale
    for row, label in enumerate(bars):
        if measured and label in measured:
            name = "measured" if "measured" not in drawn else None
            axes.plot([measured[label] / scale] * 2, [row - 0.45, row + 0.45], color="black", linewidth=2.5, label=name)
            drawn.add("measured")
    axes.set(yticks=range(len(bars)), yticklabels=list(bars), xlabel=unit, title=title)
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    known = [*PARTS, "measured"]
    order = sorted(range(len(labels)), key=lambda place: known.index(labels[place]))
    handles, labels = [handles[place] for place in order], [labels[place] for place in order]
    axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def memory_parts(memories):
    """Show what a training step takes by part, predicted and measured, a pair of bars for each method.

    memories: method → `finetune.Result.memory`. What one lacks is not drawn. Raises CourseError where there is nothing.
    """
    bars = {
        f"{method}, {kind}": {part: gb * 1e9 for part, gb in found[kind].items()}
        for method, found in memories.items()
        for kind in ("predicted", "measured")
        if found.get(kind)
    }
    if not bars:
        raise CourseError("None of these runs measured its memory. Train with measure_memory=True.")
    show(footprints(bars, title="One training step, at its peak"), in_words(bars))


def closeness(rows):
    """Show what each tool says, relative to what was measured, over what was measured.

    rows: dicts with "measured" and one more entry for each tool, all in GB.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(figsize=(7, 3.4))
    tools = [name for name in rows[0] if name != "measured"]
    said = {tool: [row[tool] / row["measured"] for row in rows] for tool in tools}
    axes.axhline(1, color="black", linewidth=1)
    for tool, colour, marker in zip(tools, (PALETTE[2], PALETTE[1], PALETTE[5]), "o^s", strict=False):
        axes.plot([row["measured"] for row in rows], said[tool], marker, color=colour, markersize=5, label=tool)
    axes.set(xlabel="measured GB", ylabel="what it says / measured", xlim=(0, None), ylim=(0, None))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    ranges = "; ".join(f"{tool} from {min(values):.2f} to {max(values):.2f}" for tool, values in said.items())
    show(figure, f"What each tool says, divided by what was measured, for {len(rows)} training steps: {ranges}.")


def in_words(bars, measured=None, unit="GB"):
    """The totals of `footprints`' bars as one sentence, for alt text."""
    scale = {"GB": 1e9, "MB": 1e6}[unit]
    texts = []
    for label, parts in bars.items():
        total = sum(parts.values()) / scale
        seen = f" (measured {measured[label] / scale:.3g})" if measured and label in measured else ""
        texts.append(f"{label} {total:.3g}{seen}")
    return f"Stacked bars of memory by part, totals in {unit}: " + "; ".join(texts) + "."


def over(x, lines, points=None, *, xlabel, ylabel, title="", limits=None, log=False):
    """A figure of lines over `x`, with measured points on them and horizontal limits.

    lines and points: name → y values (points: name → list of (x, y)); a name has one colour. limits: name → y.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    for place, (name, values) in enumerate(lines.items()):
        axes.plot(x, values, color=PALETTE[place], marker="os^Dv"[place % 5] if not points else None, label=name)
        found = (points or {}).get(name, [])
        axes.plot(*zip(*found, strict=True), "o", color=PALETTE[place], markeredgecolor="black") if found else None
    if points:
        axes.plot([], [], "o", color="white", markeredgecolor="black", label="measured")
    for name, y in (limits or {}).items():
        axes.axhline(y, color="#333333", linestyle="--", linewidth=1)
        axes.annotate(name, (x[0], y), (0, 3), textcoords="offset points", fontsize=9)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title, ylim=None if log else (0, None))
    if log:
        axes.set(xscale="log", yscale="log")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def images(pictures, alt, colours="gray", limit=None):
    """Show two-dimensional arrays side by side, each under its name. limit: the value drawn in the last colour."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(1, len(pictures), figsize=(2.1 * len(pictures), 2.5), squeeze=False)
    low, high = (0, 1) if limit is None else (-limit, limit)
    for place, (name, values) in zip(axes[0], pictures.items(), strict=True):
        place.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        place.set_title(name, fontsize=9)
        place.axis("off")
    show(figure, alt)


def gpus(data, tensor, pipeline):
    """An HTML image of data × tensor × pipeline GPUs: what each holds and what it works on."""
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots(1, data, figsize=(2.2 * data, 0.5 + 0.7 * pipeline), squeeze=False)
    for copy, place in enumerate(axes[0]):
        for stage in range(pipeline):
            for slice_ in range(tensor):
                colour = PALETTE[stage % len(PALETTE)]
                place.barh(-stage, 0.94, left=slice_, height=0.86, color=colour, alpha=1 - 0.55 * slice_ / tensor)
                text = f"stage {stage + 1}" + (f"\nslice {slice_ + 1}" if tensor > 1 else "")
                place.text(slice_ + 0.47, -stage, text, ha="center", va="center", fontsize=8, color="black")
        place.set_title(f"batch part {copy + 1} of {data}", fontsize=9)
        place.axis("off")
    alt = (
        f"{data * tensor * pipeline} GPUs: {data} copies of the model, each for its part of the batch; "
        f"a copy is cut into {pipeline} stages of layers, and each layer into {tensor} slices."
    )
    return picture(figure, alt)
