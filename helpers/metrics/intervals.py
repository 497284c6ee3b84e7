"""How far a mean could be off: intervals by the bootstrap, and summaries that carry them."""


def bootstrap_interval(values, clusters=None, seed=0, resamples=10_000, level=0.95):
    """A percentile bootstrap interval for the mean of `values`, as (low, high).

    values: one number per row. For a difference between two systems, pass the differences per row: that is the
    paired bootstrap. clusters: one key per row; rows with the same key are drawn together, because they are not
    independent of each other (Efron & Tibshirani 1993, chapters 6 and 13; Davison & Hinkley 1997, section 3.8).
    """
    import numpy as np

    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        raise ValueError("No values: an interval needs at least one row.")
    keys = np.arange(len(values)) if clusters is None else np.unique(list(clusters), return_inverse=True)[1]
    if len(keys) != len(values):
        raise ValueError(f"{len(values)} values but {len(keys)} clusters: give one key per row.")
    sums = np.bincount(keys, weights=values)
    sizes = np.bincount(keys)
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(resamples, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def summarise(items, cluster=None):
    """Mean and 95 % interval of every numeric field of `items`, as {field: mean, field_ci: [low, high]}.

    items: dicts with the same fields, one per row.

    cluster: the field whose equal values are resampled together (see `bootstrap_interval`).
    """
    clusters = [item[cluster] for item in items] if cluster else None
    summary = {}
    for name, value in items[0].items():
        if isinstance(value, int | float):
            values = [item[name] for item in items]
            summary[name] = round(sum(values) / len(values), 4)
            summary[f"{name}_ci"] = [round(end, 4) for end in bootstrap_interval(values, clusters)]
    return summary


def in_words(summary, field):
    """A share and its interval, from a `summarise`, as people read it: '87% (72% to 97%)'."""
    low, high = summary[f"{field}_ci"]
    return f"{summary[field]:.0%} ({low:.0%} to {high:.0%})"
