"""Mixing sources on the fly: each row is drawn from one of them with a given probability, and nothing is rewritten."""

from helpers.corpus.cache import stream
from helpers.errors import CourseError


def mixture(shares, table="docstrings", split="train", by="family", seed=0, names=None, until="first_exhausted"):
    """Rows of a table, mixed in given shares, as a `datasets.IterableDataset`.

    shares: value of the field `by` → its share; they add up to 1. by: 'family', 'package' or 'licence'. until: when it
    ends; 'first_exhausted' (less than one epoch of the others, shares kept) or 'all_exhausted' (the small ones are
    repeated, shares kept). Draws are the same for the same seed. Raises CourseError for shares that cannot be met.
    """
    import datasets

    if by not in ("family", "package", "licence"):
        raise CourseError(f"Rows cannot be mixed by {by!r}. Use 'family', 'package' or 'licence'.")
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise CourseError(f"Shares must be above 0 and add up to 1; these are {shares}.")
    rows = stream(table, split, names)
    there = {row[by] for row in rows}
    if missing := sorted(set(shares) - there):
        raise CourseError(
            f"No row of {table} ({split}) has the {by} {missing[0]!r}. There are: {', '.join(sorted(there))}."
        )
    # Rows lie sorted: without a shuffle, less than one epoch would be the first packages of the alphabet.
    parts = [rows.filter(lambda row, value=value: row[by] == value) for value in shares]
    parts = [part.shuffle(seed=seed, buffer_size=10_000) for part in parts]
    return datasets.interleave_datasets(parts, probabilities=list(shares.values()), seed=seed, stopping_strategy=until)
