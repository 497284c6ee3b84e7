"""The figures of lesson 06 show what they are given, and its lab runs are the ones that the card describes."""

import csv

from helpers.course import ROOT
from helpers.plots import measuring


def test_shared_words_are_coloured_as_often_as_both_have_them():
    table = measuring.shared_words("The cat saw the dog & a <b>", "A cat, the bird")
    assert table.count("background:") == table.count("color:#111") == 6  # the, cat, a on both sides
    assert "&amp;" in table and "&lt;" in table and "<b>" not in table
    assert "precision 43, recall 75, F 55" in table


def test_words_are_found_whatever_their_case():
    assert measuring.shared_words("Return IT", "return it").count("<span") == 4


def test_lengths_draw_a_line_each_and_the_usual_length():
    figure = measuring.lengths([5, 10], {"precision": [40, 30], "recall": [10, 20]}, usual=8)
    lines = figure.axes[0].lines
    assert [list(line.get_ydata()) for line in lines[:2]] == [[40, 30], [10, 20]]
    assert lines[2].get_xdata()[0] == 8


def test_intervals_are_drawn_from_low_to_high_and_told_in_words():
    rows = {"a": (2.0, (1.0, 4.0)), "b": (-1.0, (-3.0, 0.5))}
    axes = measuring.intervals(rows, "points", zero=True).axes[0]
    assert [list(line.get_xdata()) for line in axes.lines[:4:2]] == [[1.0, 4.0], [-3.0, 0.5]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    words = measuring.intervals_alt(rows, "Gains")
    assert words == "Gains, with 95 % intervals: a 2.0 (1.0 to 4.0); b -1.0 (-3.0 to 0.5)."


def test_a_kill_is_marked_beside_the_line_that_was_changed():
    tests = {"one": [True, False, True], "two": [False, False, False]}
    axes = measuring.kills(tests, ["a < b", "a + b", "return c"]).axes[0]
    assert len(axes.patches) == 6
    assert [text.get_position() for text in axes.texts if text.get_text() == "x"] == [(0, 0), (0, 2)]
    assert axes.get_yticklabels()[1].get_text().strip() == "2:  a + b"


def test_kills_in_words_name_the_survivors():
    words = measuring.kills_alt({"one": [True, False], "two": [False, False]}, ["a < b", "a + b"])
    assert words == "one kills 1 of 2 mutants; two kills 0 of 2 mutants. Killed by none: a + b."


def test_every_choice_of_a_judge_is_inside_the_figure():
    axes = measuring.positions([(2.0, 1.5), (-0.5, 0.1)]).axes[0]
    low, high = axes.get_xlim()
    assert list(axes.lines[0].get_xdata()) == [2.0, -0.5] and low < -2 < 2 < high


def test_runs_are_sorted_and_losses_have_a_colour_of_their_own():
    bars = measuring.runs([5.0, -3.0, 1.0], (1.0, (-2.0, 4.0))).axes[0].patches[:3]
    assert [bar.get_height() for bar in bars] == [-3.0, 1.0, 5.0]
    assert bars[0].get_facecolor() != bars[1].get_facecolor() == bars[2].get_facecolor()


def test_the_lab_runs_are_those_of_their_card():
    with open(ROOT / "data" / "detox_lab_runs.csv", encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    figures = [(float(run["toxicity_before"]), float(run["toxicity_after"])) for run in runs]
    assert len(set(figures)) == len({run["repository"] for run in runs}) == 33
    assert all(0 < value < 1 for pair in figures for value in pair)
    changes = [100 * (before - after) / before for before, after in figures]
    assert sum(change < 0 for change in changes) == 10
    assert round(min(changes), 1) == -30.0 and round(max(changes), 1) == 54.6
    off = [
        run["repository"].split("/")[0]
        for run, change in zip(runs, changes, strict=True)
        if abs(float(run["printed_improvement"]) - change) > 0.011
    ]
    assert off == ["CalesSla"]
