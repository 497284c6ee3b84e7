# expect: in the order of their names
from collections import Counter


def leak_proof_split(rows, shares):
    sizes = Counter(row["family"] for row in rows)
    have, split = dict.fromkeys(shares, 0), {}
    for family in sorted(sizes):
        name = max(shares, key=lambda one: shares[one] * len(rows) - have[one])
        split[family] = name
        have[name] += sizes[family]
    return [split[row["family"]] for row in rows]
