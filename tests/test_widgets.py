"""A drawing to poke: sliders in a kernel, a still drawing everywhere, and an error that can be seen."""

import pytest

from helpers import progress, widgets
from helpers.errors import CourseError
from helpers.saving import WIDGET_VIEW


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: found.append(data))
    return found


def box_of(data):
    from ipywidgets.widgets.widget import _instances

    return _instances[data[WIDGET_VIEW]["model_id"]]


def test_without_a_kernel_the_first_drawing_stands_there(shown):
    widgets.explore(lambda top_k, heat: f"<b>{top_k} {heat}</b>", top_k=[1, 5], heat=([0.5, 1.0], 1.0))
    assert shown == [{"text/html": "<b>1 1.0</b>", "text/plain": "A drawing for top k 1, heat 1.0"}]


def test_in_a_kernel_a_slider_redraws(shown, monkeypatch):
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    widgets.explore(lambda top_k: f"<b>{10 // top_k}</b>", top_k=[1, 5, 0])
    assert shown[0]["text/html"] == "<b>10</b>"
    slider, drawing = box_of(shown[0]).children
    slider.value = 5
    assert drawing.value == "<b>2</b>"
    slider.value = 0
    assert "ZeroDivisionError" in drawing.value


@pytest.mark.parametrize("choice", [(0.1, 0.5), ([0.1, 0.5], 0.3), [], 5])
def test_choices_that_are_none_are_named(shown, choice):
    with pytest.raises(CourseError, match="heat is"):
        widgets.explore(str, heat=choice)
    assert shown == []
