"""Figures carry alt text, and the bar figure shows the numbers it was given."""

import base64
import re

import matplotlib.pyplot as plt
import pytest

from helpers import plots, progress

GROUPS = {"valid": [(0.0, (0.0, 0.0)), (0.5, (0.4, 0.6))], "useful": [(0.25, (0.1, 0.4)), (1.0, (0.9, 1.0))]}


def test_a_figure_is_shown_with_its_alt_text_and_closed(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append(data))
    plots.shares(GROUPS, ["before", "after"], alt='Valid: 0 % & 50 % "of all"')
    (data,) = shown
    assert data["text/plain"] == 'Valid: 0 % & 50 % "of all"'
    assert 'alt="Valid: 0 % &amp; 50 % &quot;of all&quot;"' in data["text/html"]
    picture = re.search(r"base64,([^\"]+)\"", data["text/html"])[1]
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_bars_are_as_high_as_the_shares():
    figure = plots.bars(GROUPS, ["before", "after"])
    heights = sorted(bar.get_height() for bar in figure.axes[0].patches)
    assert heights == pytest.approx([0, 25, 50, 100])
    assert {text.get_text() for text in figure.axes[0].get_legend().get_texts()} == {"before", "after"}
    plt.close(figure)


def test_progress_passes_everything_on_and_says_how_far_it_is():
    assert list(progress.progress([1, 2, 3], "Counting")) == [1, 2, 3]
    with progress.Bar(4, "Half <way>") as bar:
        bar.advance(2, note="loss 1.0")
    assert "Half <way>: 2 of 4" in repr(bar) and "loss 1.0" in repr(bar)
    assert "&lt;way&gt;" in bar._repr_html_() and 'value="2"' in bar._repr_html_()
