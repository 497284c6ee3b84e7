"""What every claim of the course rests on: scores, intervals, and what happens when a test is run."""

from helpers.metrics.baselines import constant, first_words, lead, name_as_words
from helpers.metrics.execution import Outcome, TestScore, call_values, score_tests
from helpers.metrics.hub import load
from helpers.metrics.intervals import (
    Comparison,
    bootstrap_interval,
    in_words,
    paired_bootstrap,
    rows_needed,
    summarise,
)
from helpers.metrics.mutation import OPERATORS, mutants, mutants_by_operator
from helpers.metrics.overlap import bleu, chrf, rouge, sentence_bleu
from helpers.metrics.passes import pass_at_k
from helpers.metrics.perplexity import Perplexity, perplexity

__all__ = [
    "OPERATORS",
    "Comparison",
    "Outcome",
    "Perplexity",
    "TestScore",
    "bleu",
    "bootstrap_interval",
    "call_values",
    "chrf",
    "constant",
    "first_words",
    "in_words",
    "lead",
    "load",
    "mutants",
    "mutants_by_operator",
    "name_as_words",
    "paired_bootstrap",
    "pass_at_k",
    "perplexity",
    "rouge",
    "rows_needed",
    "score_tests",
    "sentence_bleu",
    "summarise",
]
