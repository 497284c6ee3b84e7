"""Draws the README's figure from the published result: python -m helpers.plots"""

from helpers import course
from helpers.plots import bars


def first_win(target):
    """Draw lesson 00's published result, for the README, as the PNG file `target`."""
    values = course.result("00")["values"]
    measures = {"valid": "valid", "assertions_hold": "assertions that hold", "useful": "useful"}
    groups = {
        label: [(values[f"{m}_{s}"], values[f"{m}_{s}_ci"]) for s in ("zero_shot", "few_shot", "tuned")]
        for m, label in measures.items()
    }
    figure = bars(
        groups, ["zero-shot", "few-shot", "tuned"], "Tests written for 108 functions of kinds not in training"
    )
    figure.savefig(target, bbox_inches="tight", dpi=130)


if __name__ == "__main__":
    first_win(course.ROOT / "data" / "results" / "00-first-win.png")
