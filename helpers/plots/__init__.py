"""The course's figures: the style and the common ones (`base`), and one module for each lesson that draws its own."""

from helpers.plots.base import PALETTE, bars, losses, picture, shares, show, style

__all__ = ["PALETTE", "bars", "losses", "picture", "shares", "show", "style"]
