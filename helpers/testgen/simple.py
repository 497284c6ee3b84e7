"""The first functions: templates of one-line functions with tests whose values were calculated."""

import random
import re
import tomllib

from helpers.course import ROOT


def examples(split, per_kind, seed=0):
    """Function and test pairs from `data/simple_functions.toml`, as dicts: kind, name, function, test.

    split: 'train' or 'test'. per_kind: how many variants of each kind (other names and constants). The expected values
    come from executing the function: these are the course's own templates, so they run without a sandbox.
    """
    kinds = tomllib.loads((ROOT / "data" / "simple_functions.toml").read_text(encoding="utf-8"))["kind"]
    rows = []
    for kind in kinds:
        if kind["split"] == split:
            rng = random.Random(f"{seed} {kind['name']}")
            rows += [_example(kind, variant, rng) for variant in rng.sample(_variants(kind), per_kind)]
    random.Random(seed).shuffle(rows)
    return rows


def _variants(kind):
    """All (name, argument names, constant) that a kind allows."""
    return [
        (name, names, constant)
        for name in kind["names"]
        for names in kind["args"]
        for constant in kind.get("constants", [None])
    ]


def _example(kind, variant, rng):
    name, arguments, constant = variant
    words = {"NAME": name, "K": str(constant), **dict(zip("ABC", arguments, strict=False))}
    function = re.sub(r"\b(NAME|[ABCK])\b", lambda found: words[found[0]], kind["source"]).strip() + "\n"
    # The inputs of a kind begin with the simplest. A test does too, as a person's would, and adds two others.
    chosen = [0, *sorted(rng.sample(range(1, len(kind["inputs"])), k=2))]
    test = write_test(function, name, [kind["inputs"][index] for index in chosen])
    return {"kind": kind["name"], "name": name, "function": function, "test": test}


def write_test(function, name, inputs):
    """A pytest test of a *trusted* function: one assertion per input (argument lists as source). It is executed."""
    space = {}
    exec(function, space)
    lines = [f"def test_{name}():"]
    for arguments in inputs:
        value = eval(f"{name}({arguments})", dict(space))
        comparison = "is" if value is None or isinstance(value, bool) else "=="
        lines.append(f"    assert {name}({arguments}) {comparison} {value!r}")
    return "\n".join(lines) + "\n"
