"""The figures of lesson 04 say what they show, and store numbers as the libraries do."""

import pytest
import torch

from helpers.plots import memory as figures


def test_nf4_levels_are_those_of_bitsandbytes():
    from bitsandbytes.functional import get_4bit_type

    assert torch.allclose(get_4bit_type("nf4", device="cpu"), torch.tensor(figures.NF4), atol=5e-5)


@pytest.mark.parametrize(
    "number, largest, shown",
    [
        (1.0, 1.0, ["01111111", "off by", ">nothing<", ">1111<"]),
        (70_000.0, 1.0, [">inf<", ">70144<"]),  # overflow in fp16, rounding in bf16
        (257.0, 1.0, [">257<", ">256<"]),
        (-2.5, 4.0, [">-2.5<", ">-2.488189<"]),  # int8: -79 steps of 4/127
        (0.1, 100.0, ["1 of it"]),  # one large number in the block, and small ones are gone
        (0.0, 1.0, [">nothing<"]),
    ],
)
def test_a_number_is_shown_as_it_is_stored(number, largest, shown):
    table = figures.bits_table(number, largest)
    assert [text for text in shown if text not in table] == []


def test_a_field_has_a_text_colour_wherever_it_has_a_background():
    table = figures.bits_table(0.1, 1.0)
    assert table.count("background:") == table.count("color:#111") > 10


def test_bars_stack_to_their_totals_and_are_told_in_words():
    bars = {"full": {"weights": 2e9, "optimizer": 1e9}, "LoRA": {"weights": 2e9}}
    figure = figures.footprints(bars, measured={"full": 3.1e9})
    assert [round(bar.get_x() + bar.get_width(), 2) for bar in figure.axes[0].patches] == [2, 3, 2]
    assert figures.in_words(bars, {"full": 3.1e9}) == (
        "Stacked bars of memory by part, totals in GB: full 3 (measured 3.1); LoRA 2."
    )


def test_every_part_of_a_footprint_has_a_colour():
    from helpers import memory

    assert set(memory.PARTS) == set(figures.PARTS)
    assert len(set(figures.PARTS.values())) == len(figures.PARTS)


def test_lines_and_points_share_a_colour():
    figure = figures.over([1, 2], {"a": [1, 2], "b": [2, 4]}, {"b": [(1, 2.1)]}, xlabel="x", ylabel="y")
    first, second, point = figure.axes[0].lines[:3]
    assert second.get_color() == point.get_color() != first.get_color()


def test_the_grid_has_a_box_for_each_gpu():
    html = figures.gpus(data=2, tensor=2, pipeline=3)
    assert 'alt="12 GPUs: 2 copies' in html
