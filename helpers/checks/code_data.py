"""The checks of lesson 05, but for the split: see `code_split`."""

import copy
import math
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
    "a ^ b holds what only one of the two sets has. The union, all words in either, is a | b.": (
        lambda a, b: len(a & b) / (len(a ^ b) or 1)
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
    try:
        got = answer(sets, 0.75)
    except ZeroDivisionError:
        require(
            False,
            "your denominator is 0 for two equal sets. a ^ b holds what only one of the two has; the union, all words "
            "in either, is a | b.",
        )
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
    times = min(SIZES[name] * MIX[name] for name in SIZES)
    require(
        not _is_near(got, _schedule(SIZES, MIX, times)),
        "a source of n rows that is drawn with probability p lasts n / p draws, not n * p: the seldom drawn last "
        "longer.",
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
    require(
        rows_right or not all(math.isclose(got[name][0], right[name][0], rel_tol=0.2) for name in SIZES),
        "your numbers are near the right ones and differ by chance. If you draw rows and count them: calculate, do not "
        f"draw. How many draws does each source last? Yours gives {got!r}.",
    )
    _must_be_near(got, right, f"for {SIZES} and {MIX}")
    never = {"a": 100, "b": 50}
    try:
        got = answer(never, {"a": 1.0, "b": 0.0})
    except ZeroDivisionError:
        require(False, "b has probability 0, and you divide by it. It is never drawn: leave it out of the minimum.")
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
