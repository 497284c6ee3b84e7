"""What every claim of the course rests on: scores, intervals, and what happens when a test is run."""

from helpers.metrics.intervals import bootstrap_interval, in_words, summarise
from helpers.metrics.mutation import mutants
from helpers.metrics.overlap import rouge

__all__ = ["bootstrap_interval", "in_words", "mutants", "rouge", "summarise"]
