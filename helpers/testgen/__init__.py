"""Unit tests from a model: the request, the cleaning of answers, and a score that comes from execution alone.

A test is scored by running it in the sandbox. Each `assert` is recorded by itself, so that one wrong guess does not
hide the right ones; a test that holds must also fail on a mutant, because a test that checks nothing holds too.
"""

from helpers.testgen.asking import INSTRUCTION, conversation, fenced
from helpers.testgen.cleaning import clean
from helpers.testgen.endpoint import Endpoint
from helpers.testgen.scoring import Score, actual_values, outcomes, score
from helpers.testgen.simple import examples, write_test

__all__ = [
    "INSTRUCTION",
    "Endpoint",
    "Score",
    "actual_values",
    "clean",
    "conversation",
    "examples",
    "fenced",
    "outcomes",
    "score",
    "write_test",
]
