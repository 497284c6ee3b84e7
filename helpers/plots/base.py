"""The course's figures: one style, a palette that colour-blind readers can tell apart, alt text on every figure."""

# Okabe & Ito's palette (2008): blue, orange, green, vermilion, sky blue, purple, grey.
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#999999"]


def style():
    """Set matplotlib's defaults to the course's: called by each function here, harmless to call again."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.2),
            "figure.dpi": 110,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
            "axes.titlelocation": "left",
            "font.size": 10,
            "legend.frameon": False,
        }
    )


def picture(figure, alt):
    """`figure` as an HTML image with the alternative text `alt`; closes it."""
    import base64
    import html
    import io

    import matplotlib.pyplot as plt

    out = io.BytesIO()
    figure.savefig(out, format="png", bbox_inches="tight")
    plt.close(figure)
    # As HTML, because neither JupyterLab nor nbconvert hands on the alt text of a bare image.
    return f'<img src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}" alt="{html.escape(alt)}">'


def show(figure, alt):
    """Show `figure` in a notebook with `alt`, one or two sentences that say what it shows, and close it."""
    from IPython.display import display

    display({"text/html": picture(figure, alt), "text/plain": alt}, raw=True)


def shares(groups, systems, alt, title=""):
    """Show the figure that `bars` draws, with `alt`."""
    show(bars(groups, systems, title), alt)


def bars(groups, systems, title=""):
    """A figure of grouped bars: shares between 0 and 1, drawn in per cent, with 95 % intervals as whiskers.

    groups: measure → list of (share, (low, high)), one per system. systems: their names, in the same order.
    """
    import matplotlib.pyplot as plt

    style()
    figure, axes = plt.subplots()
    width = 0.8 / len(systems)
    for place, system in enumerate(systems):
        for at, measured in enumerate(groups.values()):
            share, (low, high) = measured[place]
            x = at + (place - (len(systems) - 1) / 2) * width
            axes.bar(x, 100 * share, width * 0.92, color=PALETTE[place], label=system if at == 0 else None)
            axes.errorbar(
                x, 100 * share, [[100 * max(share - low, 0)], [100 * max(high - share, 0)]], color="#333333", capsize=3
            )
            axes.annotate(
                f"{100 * share:.0f}", (x, 100 * high), (0, 3), textcoords="offset points", ha="center", fontsize=9
            )
    axes.set(xticks=range(len(groups)), xticklabels=list(groups), ylim=(0, 112), ylabel="per cent", title=title)
    axes.set_yticks(range(0, 101, 25))
    axes.legend(ncols=len(systems), loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure
