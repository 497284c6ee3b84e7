"""The figures of lesson 12: they draw what they are given, and their words say what they show."""

import pytest
from matplotlib.colors import to_hex

from helpers.plots import PALETTE
from helpers.plots import reward_model as figures


def test_bradley_terry_crosses_a_half_at_0():
    left, right = figures.bradley_terry().axes
    d, probability = left.lines[0].get_data()
    assert probability[list(d).index(0)] == pytest.approx(50) and probability[-1] > 99
    d, loss = right.lines[0].get_data()
    assert loss[list(d).index(0)] == pytest.approx(0.693, abs=1e-3) and loss[0] == pytest.approx(6, abs=0.01)
    assert "0.69 at d = 0" in figures.BRADLEY_TERRY_ALT


def test_rewards_draw_each_comment_and_each_mean():
    groups = {"courteous": [1.0, 3.0], "vague": [-2.0, -1.0, 0.0]}
    (axes,) = figures.rewards(groups).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == list(groups)
    dots, means = axes.lines[::2], axes.lines[1::2]
    assert [list(line.get_xdata()) for line in dots] == list(groups.values())
    assert [line.get_xdata()[0] for line in means] == [2.0, -1.0]
    assert [to_hex(line.get_color()).upper() for line in dots] == PALETTE[:2]
    assert figures.rewards_alt(groups).endswith("courteous +2.0 (+1.0 to +3.0); vague -1.0 (-2.0 to +0.0).")


def test_calibration_draws_points_and_the_diagonal():
    curves = {"a": [{"confidence": 0.6, "right": 0.5, "pairs": 3}, {"confidence": 0.9, "right": 1.0, "pairs": 3}]}
    (axes,) = figures.calibration(curves).axes
    diagonal, line = axes.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [50, 100]
    assert list(line.get_xdata()) == [60, 90] and list(line.get_ydata()) == [50, 100]
    assert figures.calibration_alt(curves).endswith("a: 60% sure, 50% right, 90% sure, 100% right.")
