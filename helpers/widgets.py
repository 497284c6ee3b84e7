"""Things to poke: a drawing with sliders where the front end has them, the same drawing without them elsewhere."""

import html

from helpers.errors import CourseError
from helpers.saving import WIDGET_VIEW


def explore(draw, **choices):
    """Show `draw(**values)` with a control for each of `choices`, and redraw whenever one is moved.

    draw: returns HTML (see `plots.picture`). choices: name → the values to choose from, the first of which is shown at
    first; or (values, first). Where widgets cannot work, as on a printed page or in a saved lesson, the first drawing
    stands there instead.
    """
    from IPython.display import display

    choices = {name: _with_first(name, choice) for name, choice in choices.items()}
    first = {name: begin for name, (_, begin) in choices.items()}
    still = draw(**first)
    shown = {"text/html": still, "text/plain": f"A drawing for {_in_words(first)}"}
    if view := _controls(draw, choices, first, still):
        shown[WIDGET_VIEW] = view
    display(shown, raw=True)


def _with_first(name, choice):
    """(values, the one to begin with) of a choice, which may be the values alone."""
    values, first = choice if isinstance(choice, tuple) and len(choice) == 2 else (choice, None)
    if not isinstance(values, list) or not values or (first is not None and first not in values):
        raise CourseError(f"{name} is {choice!r}. Give a list of values, or (a list, one of it to begin with).")
    return values, values[0] if first is None else first


def _in_words(values):
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())


def _controls(draw, choices, first, still):
    """The view of a box of sliders over the drawing; None where ipywidgets is missing or no kernel runs."""
    from helpers.progress import in_notebook

    if not in_notebook():
        return None
    try:
        import ipywidgets
    except ImportError:
        return None
    drawing = ipywidgets.HTML(still)
    sliders = {
        name: ipywidgets.SelectionSlider(
            options=values,
            value=first[name],
            description=name.replace("_", " "),
            continuous_update=False,
            style={"description_width": "9em"},
            layout={"width": "32em"},
        )
        for name, (values, _) in choices.items()
    }

    def redraw(_):
        try:
            drawing.value = draw(**{name: slider.value for name, slider in sliders.items()})
        except Exception as error:  # a widget's callback would swallow it
            drawing.value = f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    box = ipywidgets.VBox([*sliders.values(), drawing])
    return {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
