"""How far a mean could be off: intervals by the bootstrap, comparisons of two systems, and how many rows they need."""

from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist

from helpers.errors import CourseError

_AT_ONCE = 4_000_000  # drawn numbers held in memory: 10,000 resamples of 5,000 rows would take a gigabyte


def bootstrap_interval(values, clusters=None, seed=0, resamples=10_000, level=0.95):
    """A bootstrap interval for the mean of `values`, as (low, high), never beyond the values themselves.

    values: one number per row. For a difference between two systems, pass the differences per row: that is the
    paired bootstrap. clusters: one key per row; rows with the same key are drawn together, because they are not
    independent of each other (Efron & Tibshirani 1993, chapters 6 and 13; Davison & Hinkley 1997, section 3.8).

    Plain percentiles are too narrow for few rows or clusters, so they are taken further out, by as much as Student's t
    is wider than the normal curve ("expanded percentile", Hesterberg 2015, section 3.3): 6 % wider at 30 rows, 1 % at
    200. Where clusters differ in size, their effective number decides (Carter, Schnepel & Steigerwald 2017), which is
    smaller. tests/benchmarks/bootstrap_coverage.py measures how often the truth lies inside.

    It sees the rows alone: if all values are equal (10 of 10 tests pass), or there is one row, low equals high. That
    is no proof. Raises CourseError on an empty list, NaN, and keys of another length.
    """
    import numpy as np

    values = _numbers(values)
    sums, sizes = _by_cluster(values, clusters)
    _check_share("level", level)
    if not isinstance(resamples, int) or resamples < 1:
        raise CourseError(f"resamples is {resamples!r}. Give a whole number, such as 10000.")
    if len(sums) == 1:
        return float(values.mean()), float(values.mean())
    rng = np.random.default_rng(seed)
    means, per_round = [], max(1, _AT_ONCE // len(sums))
    for done in range(0, resamples, per_round):
        drawn = rng.integers(0, len(sums), size=(min(per_round, resamples - done), len(sums)))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    tail = _expanded_tail((1 - level) / 2, sizes.sum() ** 2 / (sizes**2).sum())
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(low), float(high)


def _expanded_tail(tail, effective):
    """The share to cut off at each end, less than `tail`: `effective` is how many independent draws there are."""
    from scipy.special import ndtr, stdtrit

    return float(ndtr(stdtrit(effective - 1, tail) * (effective / (effective - 1)) ** 0.5))


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same rows: their means, the difference a - b of the means, and its interval [low, high]."""

    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    n: int

    def __str__(self):
        return f"{self.difference:+.3g} ({self.low:+.3g} to {self.high:+.3g}), n = {self.n}"


def paired_bootstrap(a, b, clusters=None, seed=0, resamples=10_000, level=0.95):
    """Compare two systems' scores of the same rows, in the same order: a `Comparison`, whose difference is a - b.

    The rows' differences are resampled, so that what makes a row hard for both cancels (Koehn 2004). clusters, seed,
    resamples, level and errors: as in `bootstrap_interval`; also raises CourseError where the lengths differ.
    """
    a, b = _numbers(a, "a"), _numbers(b, "b")
    if len(a) != len(b):
        raise CourseError(f"a has {len(a)} scores, b has {len(b)}. Give one of each per row, in the same order.")
    low, high = bootstrap_interval(a - b, clusters, seed, resamples, level)
    return Comparison(float(a.mean()), float(b.mean()), float((a - b).mean()), low, high, len(a))


def rows_needed(differences, effect, level=0.95, power=0.8, clusters=None):
    """How many rows show a mean difference of `effect`, judged by the spread of a pilot's differences per row.

    With so many rows the interval excludes 0 in a share `power` of all experiments, if the true mean is `effect`:
    n = ((z_level + z_power) * spread / effect) ** 2 + z_level ** 2 / 2 (Guenther 1981: a paired t-test's, to a row).
    effect: in the unit of `differences`. clusters: the pilot's keys, as in `bootstrap_interval`; more rows are needed
    where rows of a cluster resemble each other, and the new rows should come in clusters like the pilot's.
    Raises CourseError where the pilot has one row or cluster or no spread, and where the effect is 0.
    """
    differences = _numbers(differences, "differences")
    sums, sizes = _by_cluster(differences, clusters)
    _check_share("level", level)
    _check_share("power", power)
    if not effect or effect != effect:
        raise CourseError(f"The effect is {effect}. Give the smallest difference that would matter to you.")
    if len(sums) < 2:
        raise CourseError("One row, or one cluster, shows no spread. Give a pilot of at least two, better thirty.")
    from_mean = sums - differences.mean() * sizes
    variance = (from_mean**2).sum() * len(sums) / (len(sums) - 1) / len(differences)  # per row
    if variance <= 1e-24 * max(1e-300, (differences**2).max()):
        raise CourseError("The pilot's differences are all equal: they show no spread. Give more rows.")
    z_level, z_power = NormalDist().inv_cdf(0.5 + level / 2), NormalDist().inv_cdf(power)
    rows = (max(0, z_level + z_power) / effect) ** 2 * variance + z_level**2 / 2
    return max(2, int(-(-rows // 1)))


def _by_cluster(values, clusters):
    """The sum and the number of the rows of each cluster, in order of appearance; rows alone where there is none."""
    import numpy as np

    keys = list(range(len(values)) if clusters is None else clusters)
    if len(keys) != len(values):
        raise CourseError(f"{len(values)} values but {len(keys)} clusters: give one key per row.")
    number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    keys = [number[key] for key in keys]
    return np.bincount(keys, weights=values), np.bincount(keys).astype(float)


def _check_share(name, value):
    if not 0 < value < 1:
        raise CourseError(f"{name} is {value!r}. Give a share between 0 and 1, such as 0.95.")


def _numbers(values, name="values"):
    """`values` as a flat array of finite floats. Raises CourseError."""
    import numpy as np

    try:
        values = list(values)
        if any(isinstance(value, str) for value in values):
            raise TypeError("a text")
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise CourseError(f"The {name} are no list of numbers. Give one number per row.") from None
    if not len(values):
        raise CourseError(f"There are no {name}: an interval needs at least one row.")
    if numbers.ndim != 1:
        raise CourseError(f"The {name} have the shape {numbers.shape}. Give one number per row.")
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise CourseError(f"Row {row} of the {name} is {values[row]}. Leave such rows out, and say how many they were.")
    return numbers


def summarise(items, cluster=None):
    """Mean and 95 % interval of every numeric field of `items`, as {field: mean, field_ci: [low, high]}.

    items: dicts with the same fields, one per row.

    cluster: the field whose equal values are resampled together (see `bootstrap_interval`).
    """
    if not items:
        raise CourseError("There are no items to summarise. Give at least one row.")
    clusters = [item[cluster] for item in items] if cluster else None
    summary = {}
    for name, value in items[0].items():
        if isinstance(value, Real):
            values = [item[name] for item in items]
            summary[name] = round(float(sum(values)) / len(values), 4)
            summary[f"{name}_ci"] = [round(end, 4) for end in bootstrap_interval(values, clusters)]
    return summary


def in_words(summary, field):
    """A share and its interval, from a `summarise`, as people read it: '87% (72% to 97%)'."""
    low, high = summary[f"{field}_ci"]
    return f"{summary[field]:.0%} ({low:.0%} to {high:.0%})"
