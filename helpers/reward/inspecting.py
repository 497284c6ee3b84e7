"""What a reward model has really learned: whether its probabilities hold, and what else than the rubric moves it."""

import ast
import re

from helpers.errors import CourseError

# Numbers read off a comment's surface. None of them is a reason to prefer a comment: the rubric says nothing of them.
FEATURES = {
    "words": lambda comment: len(comment.split()),
    "`code`": lambda comment: comment.count("`") // 2,
    "please": lambda comment: len(re.findall(r"\bplease\b", comment.lower())),
    "thanks": lambda comment: len(re.findall(r"\bthank", comment.lower())),
    "?": lambda comment: comment.count("?"),
    "!": lambda comment: comment.count("!"),
}

# Edits that leave what a comment says about the code as it was: (comment, code) → comment.
EDITS = {
    "thanks in front": lambda comment, code: f"Thanks a lot for this! {comment}",
    "please at the end": lambda comment, code: f"{comment} Please.",
    "padded with praise": lambda comment, code: f"{comment} I really like where this is going, and it reads well.",
    "a question mark": lambda comment, code: f"{comment.rstrip('.!?')}?",
    "no backticks": lambda comment, code: comment.replace("`", ""),
    "a name in backticks": lambda comment, code: f"`{_name(code)}`: {comment}",
}


def _name(code):
    """The first function or class that the code defines, or the first name in it."""
    nodes = list(ast.walk(ast.parse(code)))
    defined = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return (defined or [node.id for node in nodes if isinstance(node, ast.Name)])[0]


def one_feature(pairs, feature):
    """The share of pairs that the rule "the comment with more of `feature` is better" gets right; a tie counts half.

    pairs: as `reward.preferences` makes them. feature: a function, comment → number. 0.5 is chance, and 0 is as useful
    as 1: turn the rule round.
    """
    if not pairs:
        raise CourseError("There are no pairs to try a rule on. Make some: reward.preferences(rows).")
    gaps = [feature(pair["chosen"]) - feature(pair["rejected"]) for pair in pairs]
    return sum(0.5 if gap == 0 else float(gap > 0) for gap in gaps) / len(gaps)


def effects(score, codes, comments, edits=None):
    """How much each edit changes the reward of the comments that it changes: edit → list of differences, paired.

    score: a function, (codes, comments) → rewards. edits: name → function, (comment, code) → comment; `EDITS` if None.
    An edit that changes no comment has an empty list.
    """
    tasks = [
        (name, place, edit(comment, code))
        for name, edit in (EDITS if edits is None else edits).items()
        for place, (code, comment) in enumerate(zip(codes, comments, strict=True))
    ]
    tasks = [(name, place, text) for name, place, text in tasks if text != comments[place]]
    texts = [*comments, *(text for _, _, text in tasks)]
    rewards = score([*codes, *(codes[place] for _, place, _ in tasks)], texts)
    found = {name: [] for name in (EDITS if edits is None else edits)}
    for (name, place, _), after in zip(tasks, rewards[len(comments) :], strict=True):
        found[name].append(float(after - rewards[place]))
    return found


def calibration(differences, bins=6):
    """How far a reward model's probabilities hold, as (rows, error).

    differences: reward of the better comment minus that of the worse, one a pair. Its confidence is sigmoid(|d|), and
    it is right where d > 0. rows: dicts with confidence and right (means of a bin) and pairs, for bins of about equally
    many pairs, least confident first. error: the mean gap between the two, weighted by pairs (expected calibration
    error, Naeini et al. 2015, with bins of equal size).
    """
    import numpy as np
    from scipy.special import expit

    d = np.asarray(differences, float)
    if not d.size or not np.isfinite(d).all():
        raise CourseError("Calibration needs one finite difference of rewards for each pair, and at least one.")
    order = np.argsort(np.abs(d), kind="stable")
    rows = [
        {"confidence": float(expit(np.abs(d[part])).mean()), "right": float((d[part] > 0).mean()), "pairs": len(part)}
        for part in np.array_split(order, min(bins, len(d)))
    ]
    error = sum(row["pairs"] * abs(row["confidence"] - row["right"]) for row in rows) / len(d)
    return rows, error
