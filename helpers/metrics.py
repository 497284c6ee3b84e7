"""What later claims rest on: intervals by the bootstrap, and mutants that tell a test that checks from one that does not."""

import ast
import copy


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
    """Mean and 95 % interval of every numeric field of `items` (dicts, one per row): {field: mean, field_ci: [low, high]}.

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


_SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def mutants(source):
    """Copies of a function's source with one small bug each, as source texts.

    The bugs: an arithmetic operator, a comparison or an and/or swapped; an integer one larger; True
    and False exchanged; `not` dropped from a condition; a returned value replaced by None. (DeMillo, Lipton & Sayward 1978.)
    """
    tree = ast.parse(source)
    found = {}
    for index, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            change(list(ast.walk(mutated))[index])
            found[ast.unparse(ast.fix_missing_locations(mutated))] = None
    found.pop(ast.unparse(tree), None)
    return list(found)


def _changes(node):
    """The ways to break one node: functions that change, in place, the same node of a copy."""

    def setting(field, value):
        return lambda target: setattr(target, field, value)

    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _SWAPS:
        yield setting("op", _SWAPS[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        yield setting("ops", [_SWAPS[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and isinstance(node.test, ast.UnaryOp):
        yield setting("test", node.test.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield setting("value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield setting("value", node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield setting("value", ast.Constant(None))
