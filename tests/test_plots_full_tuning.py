"""The figures of lesson 07: what they draw, and that their words tell the same."""

import matplotlib.pyplot as plt
import pytest

from helpers import checks
from helpers.finetune import Result
from helpers.plots import full_tuning as figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def run():
    evaluations = [(0, 3.0), (2, 2.0), (4, 2.5), (6, 2.6), (8, 1.0)]
    return Result("full", losses=[3.0, 2.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1], evaluations=evaluations)


def marked(figure):
    """Text → the point that it stands beside."""
    return {text.get_text(): text.xy for text in figure.axes[0].texts}


def test_overfitting_marks_what_is_kept_and_where_it_stops(run):
    assert marked(figures.overfitting(run, patience=2)) == {
        "lowest: keep these weights": (2, 2.0),  # what comes behind the stop never happened
        "stop, with a patience of 2": (6, 2.6),
    }


def test_overfitting_without_a_stop_ends_with_the_run(run):
    points = marked(figures.overfitting(run, patience=3))
    assert points["lowest: keep these weights"] == points["stop, with a patience of 3"] == (8, 1.0)


def test_overfitting_in_words(run):
    words = figures.overfitting_in_words(run, patience=2)
    assert "from 3.00 to 2.00 after 2 steps" in words and "would end the run after step 6" in words


def test_the_figures_rule_passes_the_exercises_check(capsys):
    checks.early_stopping(figures._kept_and_stopped)
    assert "Well done" in capsys.readouterr().out


def test_a_sweep_has_a_line_through_the_means_of_each_number_of_rows():
    runs = [
        {"learning_rate": rate, "rows": rows, "validation_loss": loss}
        for rate, rows, loss in [(1e-4, 240, 2.0), (1e-5, 240, 3.0), (1e-4, 240, 2.4), (1e-5, 80, 4.0)]
    ]
    lines = figures.sweep(runs).axes[0].lines
    assert [list(line.get_xdata()) for line in lines[2:]] == [[1e-5, 1e-4], [1e-4, 1e-5, 1e-4]]
    assert list(lines[2].get_ydata()) == [3.0, pytest.approx(2.2)]
    words = figures.sweep_in_words(runs)
    assert "80 rows: 1e-05 gives 4.00" in words and "240 rows: 1e-05 gives 3.00, 1e-04 gives 2.20" in words


def test_schedules_in_words():
    curves = {"linear": [0.0, 2e-4, 1e-4, 5e-5]}
    assert len(figures.schedules(curves).axes[0].lines) == 1
    words = figures.schedules_in_words(curves)
    assert "linear: from 0e+00 up to 2e-04 at step 1" in words and "5.0e-05 in the last step" in words


def test_a_run_in_words(run):
    assert figures.run_in_words(run) == (
        "Training loss: 3.00 at first, 0.94 in the last 8 steps on average. Validation loss: from 3.00 to 1.00."
    )
