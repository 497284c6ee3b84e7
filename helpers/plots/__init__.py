"""The course's figures: the style and the common ones (`base`), and one module for each lesson that draws its own."""

from helpers.plots.base import PALETTE, bars, picture, shares, show, style
from helpers.plots.tuning import losses

__all__ = ["PALETTE", "bars", "losses", "picture", "shares", "show", "style"]
