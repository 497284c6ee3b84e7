"""The check of lesson 05's split: no family in two splits, shares of rows kept, the same in each process."""

import builtins
import copy
import hashlib
import random
from collections import Counter
from contextlib import contextmanager

from helpers.checks.framework import check, require

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
WITHIN = 0.05


def _rows():
    """Rows of forty families: most of one or a few rows, one of 60, which only the training split can hold.

    By name the large one is the last but one, so that filling splits by name goes wrong.
    """
    sizes = [1, 60, 14, 12, 11, 9, 8, 8, 7, 6, 6] + [3] * 10 + [2] * 10 + [1] * 9
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


def _salted(salt):
    """A kind of text with a `hash` of its own, so that what depends on the order of a set shows in one process."""

    class Name(str):
        def __hash__(self):
            return int.from_bytes(hashlib.blake2b(f"{salt} {self}".encode(), digest_size=7).digest(), "big")

    return Name


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
    for salt in range(8):
        name = _salted(salt)
        salted = [row | {"family": name(row["family"])} for row in before]
        require(
            list(answer(salted, dict(SHARES))) == got,
            "your split depends on the order in which Python goes through a set, which differs in each process "
            "(PYTHONHASHSEED). Where two families have the same size, sort them by name.",
        )
    _keeps_shares(before, got, splits)
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


def _keeps_shares(rows, got, splits):
    counts, families = Counter(got), Counter(next(iter(names)) for names in splits.values())
    if all(abs(counts[name] / len(got) - share) <= WITHIN for name, share in SHARES.items()):
        return
    said = ", ".join(f"{name} {counts[name] / len(got):.2f}" for name in SHARES)
    require(
        not all(abs(families[name] / len(splits) - share) <= WITHIN for name, share in SHARES.items()),
        f"you keep the shares of families, not of rows: {said} of the rows. Families differ in size, so count rows.",
    )
    sizes = Counter(row["family"] for row in rows)
    split_of = {family: next(iter(names)) for family, names in splits.items()}
    cure = "Go through the families from the largest to the smallest, and give each to the split that lacks most."
    by_name = [_fill(sizes, fits, order) for fits in (False, True) for order in (sorted, _reverse)]
    by_name += [_lacks_most(sizes, order) for order in (sorted, _reverse)]
    require(
        split_of not in by_name,
        f"you go through the families in the order of their names: {said} of the rows. The large family comes late, "
        f"and finds no split with room for it. {cure}",
    )
    most = max(SHARES, key=lambda name: counts[name] - SHARES[name] * len(got))
    largest = max(size for family, size in sizes.items() if split_of[family] == most)
    room = SHARES[most] * len(got)
    require(
        len(counts) < len(SHARES) or largest <= room and counts[most] - largest >= room,
        f"the shares of rows are {said}: one large family overfills a split when it comes late (here one of {largest} "
        f"rows, `{most}`). {cure}",
    )
    require(False, f"the shares of rows are {said}; they should be within {WITHIN} of 0.80, 0.10, 0.10.")


def _reverse(names):
    return sorted(names, reverse=True)


def _fill(sizes, fits, order):
    """Family → split, one filled after the other. fits: whether a family must fit whole, or only begin in it."""
    names, have, split_of = list(SHARES), dict.fromkeys(SHARES, 0), {}
    for family in order(sizes):
        least = sizes[family] if fits else 1
        room = [name for name in names if have[name] + least <= SHARES[name] * sum(sizes.values())]
        split_of[family] = room[0] if room else names[-1]
        have[split_of[family]] += sizes[family]
    return split_of


def _lacks_most(sizes, order):
    have, split_of = dict.fromkeys(SHARES, 0), {}
    for family in order(sizes):
        split = max(SHARES, key=lambda name: SHARES[name] * sum(sizes.values()) - have[name])
        split_of[family] = split
        have[split] += sizes[family]
    return split_of
