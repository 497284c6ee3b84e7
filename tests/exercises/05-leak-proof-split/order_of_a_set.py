# expect: the order in which Python goes through a set
from collections import Counter


def leak_proof_split(rows, shares):
    sizes = Counter(row["family"] for row in rows)
    have, split = dict.fromkeys(shares, 0), {}
    for family in sorted({row["family"] for row in rows}, key=lambda one: -sizes[one]):
        name = max(shares, key=lambda one: shares[one] * len(rows) - have[one])
        split[family] = name
        have[name] += sizes[family]
    return [split[row["family"]] for row in rows]
