# expect: for the shares a: 0.5, b: 0.5
from collections import Counter


def leak_proof_split(rows, shares):
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    sizes = Counter(row["family"] for row in rows)
    have, split = dict.fromkeys(shares, 0), {}
    for family in sorted(sizes, key=lambda one: (-sizes[one], one)):
        name = max(shares, key=lambda one: shares[one] * len(rows) - have[one])
        split[family] = name
        have[name] += sizes[family]
    return [split[row["family"]] for row in rows]
