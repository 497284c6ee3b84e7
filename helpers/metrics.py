"""What later claims rest on: intervals by the bootstrap, ROUGE, and mutants, which show whether a test checks."""

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


def rouge(predictions, references):
    """ROUGE-1 and ROUGE-L of each prediction, and its length, as dicts {rouge1, rougeL, words}.

    F-measure in points (0 to 100), words lower-cased and not stemmed, by the package `rouge_score`.
    references: for each prediction a text, or a list of texts, of which the one with the best score counts.
    (Lin 2004; lesson 06 builds it by hand.) Raises ValueError where the numbers of texts differ.
    """
    from rouge_score.rouge_scorer import RougeScorer

    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} references: give one entry for each.")
    scorer = RougeScorer(["rouge1", "rougeL"])
    rows = []
    for prediction, wanted in zip(predictions, references, strict=True):
        scores = [scorer.score(one, prediction) for one in ([wanted] if isinstance(wanted, str) else wanted)]
        best = {name: 100 * max(score[name].fmeasure for score in scores) for name in ("rouge1", "rougeL")}
        rows.append({**best, "words": len(prediction.split())})
    return rows


_SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


_NAMES = {"min": "max", "any": "all", "upper": "lower", "startswith": "endswith", "lstrip": "rstrip", "find": "rfind"}
_NAMES |= {new: old for old, new in _NAMES.items()}


def mutants(source):
    """Copies of a function's source with one small bug each, as source texts. (DeMillo, Lipton & Sayward 1978.)

    The bugs: an arithmetic operator, a comparison or an and/or swapped; a condition negated; an integer one larger; a
    string longer; True and False exchanged; a returned `a + b` cut to `a`; one of a few names swapped for its opposite,
    such as min and max. Only a function that offers none of these gets a mutant that returns None: almost any test
    would notice that one.
    """
    tree = ast.parse(source)
    found = _changed(tree, _changes) or _changed(tree, _returns_none)
    return [mutant for mutant in found if mutant != ast.unparse(tree)]


def _changed(tree, changes):
    """The sources that `changes` of each node of `tree` make, without repeats."""
    left_alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec:
            left_alone |= {id(part) for part in ast.walk(node.format_spec)}  # a broken one only crashes
    found = {}
    for index, node in enumerate(ast.walk(tree)):
        for field, value in changes(node) if id(node) not in left_alone else ():
            mutated = copy.deepcopy(tree)
            setattr(list(ast.walk(mutated))[index], field, value)
            found[ast.unparse(ast.fix_missing_locations(mutated))] = None
    return list(found)


def _changes(node):
    """The ways to break one node, as (field, new value)."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in _SWAPS:
        yield "op", _SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        yield "ops", [_SWAPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        negated = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
        yield "test", node.test.operand if negated else ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp):
        yield "value", node.value.left
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "value", node.value + 1
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield "value", node.value + "x"
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield "id", _NAMES[node.id]
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield "attr", _NAMES[node.attr]


def _returns_none(node):
    if isinstance(node, ast.Return) and node.value is not None:
        yield "value", ast.Constant(None)
