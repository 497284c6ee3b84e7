"""The checks of lesson 05."""

import builtins
import copy
import math
import random
from collections import Counter
from contextlib import contextmanager
from numbers import Real

from helpers.checks.framework import check, require

SETS = [
    {"def", "add", "a", "b", "return", "+"},
    {"def", "plus", "a", "b", "return", "+"},  # 5 of 7 with the first
    {"def", "add", "a", "b", "return", "-"},  # 5 of 7 with the first
    {"def", "add", "a", "b", "c", "return", "+", "print"},  # 6 of 8 with the first, which lies in it
    {"def", "add", "a", "b", "return", "+"},  # the first again
    {"import", "os"},
    {"def", "add", "a", "b"},  # 4 of 6 with the first, in which it lies
]
# Pairs by other ways of comparing, for the threshold 0.75: the mistake and the measure.
_MEASURES = {
    "divide by the size of the union, all words in either set, not by the size of the smaller set.": lambda a, b: (
        len(a & b) / min(len(a), len(b))
    ),
    "divide by the size of the union, not by the size of the larger set.": lambda a, b: (
        len(a & b) / max(len(a), len(b))
    ),
    "divide by the size of the union, not by the size of one of the sets.": lambda a, b: len(a & b) / len(a),
    "Jaccard is shared / union. 2 * shared / (len(a) + len(b)) counts the shared words twice: it is another measure.": (
        lambda a, b: 2 * len(a & b) / (len(a) + len(b))
    ),
    "len(a) + len(b) counts the shared words twice in the denominator. The union counts each once: len(a | b).": (
        lambda a, b: len(a & b) / (len(a) + len(b))
    ),
}


def _jaccard(a, b):
    return len(a & b) / len(a | b)


def _pairs(sets, threshold, measure=_jaccard):
    return [
        (i, j) for j in range(len(sets)) for i in range(j) if measure(sets[i], sets[j]) >= threshold
    ]  # fmt: skip


@check("write `similar_pairs`: the pairs of sets whose Jaccard index reaches the threshold.")
def similar_pairs(answer):
    sets = copy.deepcopy(SETS)
    got = answer(sets, 0.75)
    require(sets == SETS, "your code changes the sets it was given. Build new ones: a & b and a | b do.")
    require(
        isinstance(got, list | tuple | set) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in got),
        f"return a list of pairs such as [(0, 3), (0, 4)]. Yours gives {got!r}.",
    )
    require(
        all(isinstance(place, int) for pair in got for place in pair),
        f"a pair is two places in the list, such as (0, 3), not the sets themselves. Yours gives {list(got)[:1]!r}.",
    )
    right, found = _pairs(SETS, 0.75), [tuple(pair) for pair in got]
    require(not any(i == j for i, j in found), "a set is not a duplicate of itself: leave out pairs such as (0, 0).")
    require(
        len({tuple(sorted(pair)) for pair in found}) == len(found),
        "each pair comes twice, as (0, 3) and (3, 0) or repeated. Compare a set only with those after it.",
    )
    require(all(i < j for i, j in found), "the smaller place comes first: (0, 3), not (3, 0).")
    found = sorted(found)
    for mistake, measure in _MEASURES.items():
        require(found != sorted(_pairs(SETS, 0.75, measure)) or found == sorted(right), mistake)
    above = [pair for pair in right if _jaccard(SETS[pair[0]], SETS[pair[1]]) > 0.75]
    require(
        found != sorted(above),
        "sets 0 and 3 share 6 of 8 words, exactly 0.75. A pair that reaches the threshold counts: >=, not >.",
    )
    require(
        found != sorted(pair for pair in right if pair[1] == pair[0] + 1),
        "you compare neighbours only. Two duplicates may stand anywhere in the list.",
    )
    require(found == sorted(right), f"for the threshold 0.75 the pairs are {sorted(right)}. Yours gives {found}.")
    for threshold in (0.6, 1.0):
        right, found = sorted(_pairs(SETS, threshold)), sorted(tuple(pair) for pair in answer(list(SETS), threshold))
        require(found == right, f"for the threshold {threshold} the pairs are {right}. Yours gives {found}.")
    require(list(answer([], 0.8)) == [], "without sets there are no pairs: return an empty list.")


SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
WITHIN = 0.05


def _rows():
    """Rows of forty families: most of one or a few rows, one of 60, which only the training split can hold."""
    sizes = [60, 14, 12, 11, 9, 8, 8, 7, 6, 6] + [3] * 10 + [2] * 10 + [1] * 10
    return [
        {"id": f"{at}-{row}", "family": f"family {99 - at}"} for at, size in enumerate(sizes) for row in range(size)
    ]


@contextmanager
def _without_hash():
    """A `hash` of its own, so that a split that depends on Python's, which differs in each process, shows itself."""
    real, used = builtins.hash, []

    def hash_(value):
        used.append(value)
        return real(value)

    builtins.hash = hash_
    try:
        yield used
    finally:
        builtins.hash = real


@check("write `leak_proof_split`: the split of each row, so that no family is in two splits.")
def leak_proof_split(answer):
    rows = _rows()
    random.Random(0).shuffle(rows)
    before = copy.deepcopy(rows)
    with _without_hash() as hashed:
        got = answer(rows, dict(SHARES))
    require(rows == before, "your code changes the rows it was given (sorts or fills them). Leave them as they are.")
    require(
        not isinstance(got, dict),
        "return a list with the name of a split for each row, in the order of the rows, not a dict.",
    )
    got = list(got)
    require(
        len(got) == len(rows), f"return one name for each row: there are {len(rows)} rows, and you return {len(got)}."
    )
    unknown = [name for name in got if name not in SHARES]
    require(not unknown, f"{unknown[:1]} is no split. The names are the keys of `shares`: {list(SHARES)}.")
    splits = {}
    for row, split in zip(rows, got, strict=True):
        splits.setdefault(row["family"], set()).add(split)
    crossing = sorted(family for family, names in splits.items() if len(names) > 1)
    require(
        not crossing,
        f"{len(crossing)} of {len(splits)} families are in two splits or more, so they leak. Decide once for each "
        "family, and give all of its rows that split.",
    )
    require(
        not hashed,
        "hash() of a text is another number in each process (PYTHONHASHSEED), so tomorrow's split would be another. "
        "Sort the families instead, by size and name.",
    )
    again = list(answer(copy.deepcopy(before), dict(SHARES)))
    require(
        again == got, "two calls with the same rows give two splits. Leave chance out, or seed it inside the function."
    )
    _keeps_shares(got, splits)
    others = sorted(before, key=lambda row: row["id"], reverse=True)
    by_id = {row["id"]: split for row, split in zip(others, answer(others, dict(SHARES)), strict=True)}
    require(
        all(by_id[row["id"]] == split for row, split in zip(before, got, strict=True)),
        "the same rows in another order give another split. Go through the families in a fixed order: sorted by size, "
        "and by name where sizes are equal.",
    )
    half = Counter(answer(copy.deepcopy(before), {"a": 0.5, "b": 0.5}))
    require(
        all(abs(half[name] / len(before) - 0.5) <= WITHIN for name in "ab"),
        f"for the shares a: 0.5, b: 0.5 yours gives {dict(half)}. Read `shares`: it may hold other names and numbers.",
    )


def _keeps_shares(got, splits):
    counts, families = Counter(got), Counter(next(iter(names)) for names in splits.values())
    near = all(abs(counts[name] / len(got) - share) <= WITHIN for name, share in SHARES.items())
    if near:
        return
    said = ", ".join(f"{name} {counts[name] / len(got):.2f}" for name in SHARES)
    require(
        not all(abs(families[name] / len(splits) - share) <= WITHIN for name, share in SHARES.items()),
        f"you keep the shares of families, not of rows: {said} of the rows. Families differ in size, so count rows.",
    )
    require(False, f"the shares of rows are {said}; they should be within {WITHIN} of 0.80, 0.10, 0.10.")


SIZES = {"library": 4000, "style": 900, "chat": 250}
MIX = {"library": 0.65, "style": 0.30, "chat": 0.05}


def _schedule(sizes, probabilities, draws):
    return {
        name: (probabilities[name] * draws, probabilities[name] * draws / size if size else 0.0)
        for name, size in sizes.items()
    }


@check("write `mixing_schedule`: rows and epochs of each source until the first source is exhausted.")
def mixing_schedule(answer):
    sizes, mix = dict(SIZES), dict(MIX)
    got = answer(sizes, mix)
    require(sizes == SIZES and mix == MIX, "your code changes the dicts it was given. Build a new one.")
    _is_schedule(got, SIZES)
    lasts = {name: SIZES[name] / MIX[name] for name in SIZES}
    right = _schedule(SIZES, MIX, min(lasts.values()))
    wrongs = {
        "that runs until the last source is exhausted. Stop at the first: min, not max.": max(lasts.values()),
        "the smallest source need not be exhausted first: `chat` is small, but seldom drawn; `style` ends before it. "
        "Compare size / probability.": lasts["chat"],
        "that draws as many rows as there are in all. How long does the first source last?": sum(SIZES.values()),
        "that draws as many rows in all as the largest source has. A source of n rows that is drawn with "
        "probability p lasts n / p draws.": SIZES["library"],
        "that draws as many rows in all as the smallest source has. A source of n rows that is drawn with "
        "probability p lasts n / p draws.": SIZES["chat"],
    }
    for mistake, draws in wrongs.items():
        require(not _is_near(got, _schedule(SIZES, MIX, draws)), mistake)
    share = {name: (MIX[name] * size, MIX[name]) for name, size in SIZES.items()}
    require(
        not _is_near(got, share),
        "a probability is a share of the mix, not of the source: 30 % of the rows that are drawn come from `style`.",
    )
    require(
        not _is_near(got, {name: (250, 250 / size) for name, size in SIZES.items()}),
        "that takes the same number of rows from each source. Use the probabilities.",
    )
    rows_right = all(abs(got[name][0] - right[name][0]) <= 1 for name in SIZES)
    total = sum(rows for rows, _ in right.values())
    require(
        not (rows_right and all(math.isclose(got[name][1], right[name][0] / total, rel_tol=0.02) for name in SIZES)),
        "that is each source's share of the mix. Its epochs are the rows drawn from it, divided by the rows it has.",
    )
    require(
        not (rows_right and all(isinstance(got[name][1], int) for name in SIZES)),
        "epochs are not whole numbers: divide with /, and do not round. 0.49 of an epoch is what you want to know.",
    )
    _must_be_near(got, right, f"for {SIZES} and {MIX}")
    never = {"a": 100, "b": 50}
    got = answer(never, {"a": 1.0, "b": 0.0})
    _is_schedule(got, never)
    _must_be_near(
        got, {"a": (100, 1.0), "b": (0, 0.0)}, "where b has probability 0, it is never drawn and never exhausted"
    )
    got = answer({"a": 300, "b": 300}, {"a": 0.25, "b": 0.75})
    _must_be_near(got, {"a": (100, 1 / 3), "b": (300, 1.0)}, "for two sources of 300 rows, drawn with 0.25 and 0.75")


def _is_schedule(got, sizes):
    require(isinstance(got, dict), f"return a dict: source → (rows, epochs). Yours gives {type(got).__name__}.")
    require(set(got) == set(sizes), f"the keys are the sources, {list(sizes)}. Yours are {list(got)}.")
    good = all(
        isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(number, Real) for number in pair)
        for pair in got.values()
    )
    require(good, f"each value is a pair, (rows, epochs). Yours has {next(iter(got.values()))!r}.")


def _is_near(got, right):
    return all(
        abs(got[name][0] - rows) <= 1 and math.isclose(got[name][1], epochs, rel_tol=0.02, abs_tol=1e-6)
        for name, (rows, epochs) in right.items()
    )


def _must_be_near(got, right, asked):
    shown = {name: (round(rows), round(epochs, 3)) for name, (rows, epochs) in right.items()}
    require(_is_near(got, right), f"{asked}, yours gives {got!r}; it should give {shown!r}.")
