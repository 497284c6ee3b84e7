"""The figures of lesson 09: they draw, and their alternative texts say what they show, with the numbers."""

import matplotlib.pyplot as plt
import pytest
import torch

from helpers.plots import qlora

LEVELS = [-1.0, -0.7, -0.53, -0.39, -0.28, -0.18, -0.09, 0.0, 0.08, 0.16, 0.25, 0.34, 0.44, 0.56, 0.72, 1.0]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_quantiles_are_drawn_as_slices_between_levels():
    axes = qlora.quantiles(LEVELS, 0.968).axes[0]
    assert len(axes.collections) == len(LEVELS) - 1
    assert qlora.quantiles_alt(LEVELS).endswith("0.08 apart there, 0.28 at the end.")


def test_errors_have_a_bar_for_each_format():
    table = {"int4": 0.1147, "NF4": 0.0939}
    axes = qlora.errors(table).axes[0]
    assert [round(bar.get_width(), 2) for bar in axes.patches] == [11.47, 9.39]
    assert [text.get_text() for text in axes.texts] == ["11.5", "9.39"]
    assert "int4 11.47%, NF4 9.39%" in qlora.errors_alt(table)


def test_a_block_says_how_many_numbers_are_different():
    blocks = {"rounded": [0.0, 0.0, 0.5, 1.0], "not": [0.1, 0.2, 0.3, 0.4]}
    titles = [axes.get_title(loc="left") for axes in qlora.one_block(blocks).axes]
    assert titles == ["rounded: 3 different", "not: 4 different"]
    assert "rounded 3, not 4" in qlora.one_block_alt(blocks)


def test_updates_below_one_are_lost():
    distances = torch.tensor([0.001, 0.2, 0.9, 3.0])
    axes = qlora.too_small(distances).axes[0]
    lost, moved = (sum(bar.get_height() for bar in bars) for bars in axes.containers)
    assert (round(lost), round(moved)) == (75, 25)
    assert qlora.too_small_alt(distances).startswith("For 75.0% of the weights")
