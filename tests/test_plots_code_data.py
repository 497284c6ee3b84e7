"""The figures of lesson 05 draw what they are given, and say it in words."""

import pytest

from helpers.plots import code_data as figures

PARTS = {"files": [("files", 10, 0), ("Python", 7, 3)], "rows": [("functions", 1200, 0), ("clean", 300, 900)]}


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def test_stages_add_up_what_each_one_stopped():
    table = {"kept": {"files": 10, "Python": 7}, "lost": {"Python": {".txt": 2, ".md": 1}}}
    assert figures.stages(table) == PARTS["files"]
    assert figures.stages(table, ["Python", "none"]) == [("Python", 7, 3), ("none", 0, 0)]


def test_the_funnel_has_a_panel_for_each_part_and_labels_every_bar():
    figure = figures.funnel(PARTS)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["files", "rows"]
    assert [bar.get_width() for bar in figure.axes[1].patches] == [1200, 300, 0, 900]
    assert [text.get_text() for text in figure.axes[1].texts] == ["1,200", "300  (−900)"]
    assert figures.funnel_in_words(PARTS) == (
        "Bars of what each stage let through. files: files 10, Python 7. rows: functions 1,200, clean 300."
    )


def test_packages_are_stacked_from_the_largest_and_the_sum_is_written():
    figure = figures.by_split({"train": {"small": 10, "large": 90}, "test": {"other": 20}})
    (axes,) = figure.axes
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 90), (90, 10), (0, 20)]
    words = [text.get_text() for text in axes.texts]
    assert "large" in words and "100" in words and "20" in words


def test_every_pair_is_a_point():
    figure = figures.estimates([0.1, 0.8], [0.2, 0.75], spread=lambda value: 0.05)
    points = figure.axes[0].lines[-1]
    assert list(points.get_xdata()) == [0.1, 0.8] and list(points.get_ydata()) == [0.2, 0.75]


def test_closeness_counts_shares_so_that_groups_of_any_size_compare():
    figure = figures.closeness({"by row": [0.1] * 5, "by family": [0.1] * 50, "none": []}, threshold=0.8)
    heights = {label.get_text() for label in figure.axes[0].get_legend().get_texts()}
    assert heights == {"by row", "by family", "none", "near duplicate"}
    assert figure.axes[0].get_ylim()[1] == pytest.approx(105)  # both reach 100 %


def test_the_line_goes_through_what_was_fitted():
    figure = figures.cost([10, 20], [1.0, 2.0], slope=0.1, start=0.0)
    line, points = figure.axes[0].lines
    assert list(line.get_ydata()) == [0.0, 2.0] and list(points.get_ydata()) == [1.0, 2.0]
