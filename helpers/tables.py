"""Closing tables: one run's, shown as text; and several seeds' pooled into one, with intervals."""

import json

from helpers.errors import CourseError


def table(record):
    """A record's values as aligned lines; an interval `x_ci` is shown behind `x`, and minutes come last."""
    if not record:
        return "This lesson recorded no table."
    seeds = record.get("seeds", [record.get("seed")])
    rows = f", {record['n']} held-out rows" if record.get("n") else ""
    head = f"Lesson {record['lesson']}, {record['budget']} budget, {record['device']}, seed {_list(seeds)}{rows}"
    flat = _flat(record["values"])
    flat["minutes"] = flat.pop("minutes", None) or record["minutes"]  # last; over all seeds in a pooled record
    names = [name for name in flat if not (name.endswith("_ci") and name[:-3] in flat)]
    width = max(map(len, names), default=0)
    lines = []
    for name in names:
        interval = flat.get(f"{name}_ci")
        behind = f"  [{_list(interval)}]" if interval else ""
        lines.append(f"{name:{width}}  {_number(flat[name]):>8}{behind}")
    return "\n".join([head, "", *lines])


def _flat(values, above=""):
    """Nested dicts as one, with dotted names."""
    found = {}
    for name, value in values.items():
        found |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return found


def nested(flat):
    """Dotted names as nested dicts: {"lora.rouge1": 30} becomes {"lora": {"rouge1": 30}}."""
    found = {}
    for name, value in flat.items():
        *above, last = name.split(".")
        inside = found
        for part in above:
            inside = inside.setdefault(part, {})
        inside[last] = value
    return found


def _list(values):
    return ", ".join(map(_number, values))


def _number(value):
    if isinstance(value, (list, tuple)):
        return f"[{_list(value)}]"
    if isinstance(value, float):
        if 0 < abs(value) < 0.001:
            return f"{value:.1e}"
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return str(value)


def pool(runs):
    """One result from the records of one lesson over several seeds.

    values: means over seeds. A field of `items` is averaged over seeds within each held-out row first; its interval
    (`<field>_ci`, 95 %) resamples rows, by cluster where the lesson names one. A dotted field, "lora.rouge1", goes into
    the dict "lora". A field of pairs [a, b] is a ratio: the sum of a divided by the sum of b. per_seed keeps every
    seed's values. A run that no seed changes is kept as it is, items included.
    Raises CourseError where the seeds' held-out rows differ.
    """
    first = runs[0]
    flat = [_flat(run["values"]) for run in runs]
    per_seed = {
        name: [values[name] for values in flat]
        for name in flat[0]
        if all(_is_number(values.get(name)) for values in flat)
    }
    seeded = first.get("seeded", True)
    values = first["values"]
    if seeded:
        means = _flat(_means(values, per_seed))
        for name, seeds_means, mean, interval in _pooled_items(runs):
            per_seed[name] = seeds_means
            means |= {name: mean, f"{name}_ci": interval}
        values = nested(means)
    values = dict(values)
    values.pop("minutes", None)  # of one run; the sum over seeds is the record's own field
    if "peak_gb" in values:
        values["peak_gb"] = max(per_seed["peak_gb"])
    return {
        "lesson": first["lesson"],
        "budget": first["budget"],
        "device": first["device"],
        "seeds": [run["seed"] for run in runs],
        "n": first["n"],
        "minutes": round(sum(run["minutes"] for run in runs), 2),
        "values": values,
        **({"per_seed": per_seed} if seeded else {"items": first["items"]}),
        "settings": {name: value for name, value in first["settings"].items() if name != "seed"},
        "versions": first["versions"],
        "command": f"python3 -m helpers results {first['lesson']}",
        "ran_at_commit": ", ".join(dict.fromkeys(run["ran_at_commit"] for run in runs)),
    }


def _is_number(value):
    return isinstance(value, (int, float))  # True and False count as 1 and 0


def _means(values, per_seed, above=""):
    """`values` with each number replaced by its mean over seeds; what is no number in every seed is left out."""
    found = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found[name] = _means(value, per_seed, f"{above}{name}.")
        elif numbers := per_seed.get(f"{above}{name}"):
            found[name] = sum(numbers) / len(numbers)
    return found


def _pooled_items(runs):
    """(field, mean per seed, mean over rows, [low, high]) of each numeric field of the runs' items."""
    cluster = runs[0].get("cluster")
    if len({len(run["items"]) for run in runs}) > 1:
        raise CourseError("The seeds held out different numbers of rows: split independently of the seed.")
    for rows in zip(*(run["items"] for run in runs), strict=True):
        if len({json.dumps([row.get(key) for key in (cluster, "id", "name")]) for row in rows}) > 1:
            raise CourseError("The seeds held out different rows: split independently of the seed.")
    fields = dict.fromkeys(key for run in runs for row in run["items"] for key in row if key not in (cluster, "id"))
    for field in fields:
        columns = [[row.get(field) for row in run["items"]] for run in runs]
        kinds = {_kind(value) for column in columns for value in column if value is not None}
        if kinds not in ({"number"}, {"pair"}):
            continue
        # None: not defined for this row (an answer without assertions has no share of them that hold).
        kept = [(i, [v for v in row if v is not None]) for i, row in enumerate(zip(*columns, strict=True))]
        kept = [(i, _mean(row)) for i, row in kept if row]
        clusters = [runs[0]["items"][i][cluster] for i, _ in kept] if cluster else None
        mean, interval = _with_interval([value for _, value in kept], clusters)
        by_seed = [[v for v in column if v is not None] for column in columns]
        if mean is not None:
            yield field, [_value(_mean(column)) if column else None for column in by_seed], mean, interval


def _kind(value):
    if _is_number(value):
        return "number"
    return "pair" if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)) else "other"


def _mean(values):
    """The mean of numbers, or of each side of pairs."""
    if _is_number(values[0]):
        return sum(values) / len(values)
    return [_mean(side) for side in zip(*values, strict=True)]


def _value(mean):
    """A mean as one number: of pairs, the ratio; None where it has no meaning."""
    if _is_number(mean):
        return mean
    return mean[0] / mean[1] if mean[1] > 0 else None


def _with_interval(values, clusters):
    """(mean, [low, high]) of numbers; (ratio, [low, high]) of pairs, or (None, None) where it has no meaning."""
    from helpers.metrics import bootstrap_interval

    if _is_number(values[0]):
        return _mean(values), list(bootstrap_interval(values, clusters, seed=0))
    interval = ratio_interval(*zip(*values, strict=True), clusters)
    return (_value(_mean(values)), list(interval)) if interval else (None, None)


def ratio_interval(above, below, clusters=None):
    """A 95 % interval for sum(above) / sum(below), as (low, high): rows, or clusters, are drawn in pairs.

    It holds every ratio r for which the bootstrap interval of above - r * below holds 0 (Fieller 1954): the same as
    dividing the sums of each resample. None where `below` itself may be 0, since any ratio is possible then.
    """
    import numpy as np
    from scipy.optimize import brentq

    from helpers.metrics import bootstrap_interval

    above, below = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    if bootstrap_interval(below, clusters, seed=0)[0] <= 0:
        return None

    def ratio(end):
        def gap(r):
            return bootstrap_interval(above - r * below, clusters, seed=0)[end]

        low, high = -1.0, 1.0  # the gap falls with r, from above 0 to below
        while gap(low) <= 0:
            low *= 2
        while gap(high) >= 0:
            high *= 2
        return brentq(gap, low, high, xtol=1e-6)

    return ratio(0), ratio(1)
