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


def test_a_stage_is_labelled_by_what_people_would_say():
    assert figures.stages({"kept": {"one of its name": 4}, "lost": {}}) == [("unique name", 4, 0)]


def test_packages_are_stacked_from_the_largest_and_the_sum_is_written():
    figure = figures.by_split({"train": {"small": 10, "large": 90}, "test": {"other": 20}})
    (axes,) = figure.axes
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 90), (90, 10), (0, 20)]
    words = [text.get_text() for text in axes.texts]
    assert "large" in words and "100" in words and "20" in words
    assert figures.by_split_in_words({"test": {"other": 20, "one": 5}}) == (
        "Rows by split and package: test 25 of 2 packages, the largest other with 20."
    )


def test_the_largest_package_is_named_in_white_and_small_ones_behind_the_bar():
    counts = {"train": {"large": 1000}, "test": {"other": 100, "tiny": 1, "a": 1, "b": 1, "c": 1}}
    (axes,) = figures.by_split(counts).axes
    colors = {text.get_text(): text.get_color() for text in axes.texts}
    assert colors["large"] == colors["other"] == "white"
    assert "104  (a, b, c, ...)" in colors


def test_every_pair_is_a_point():
    figure = figures.estimates([0.1, 0.8], [0.2, 0.75], spread=lambda value: 0.05)
    points = figure.axes[0].lines[-1]
    assert list(points.get_xdata()) == [0.1, 0.8] and list(points.get_ydata()) == [0.2, 0.75]


def test_the_line_of_cost_goes_through_the_origin():
    figure = figures.cost([10, 20], [1.0, 2.0])
    line, points = figure.axes[0].lines
    assert list(line.get_ydata()) == pytest.approx([0.0, 2.0]) and list(points.get_ydata()) == [1.0, 2.0]
    assert list(line.get_xdata()) == [0, 20]


def test_cost_in_words_says_the_points_and_the_distance():
    words = figures.cost_in_words([1000, 2000], [1.0, 2.0])
    assert "1,000 files 1.0, 2,000 files 2.0" in words and "is 0% off" in words
    assert "is 50% off" in figures.cost_in_words([1, 2], [3, 3.5])  # the slope is (3 + 7) / (1 + 4) = 2
