# expect: same rows in another order
from collections import Counter


def leak_proof_split(rows, shares):
    sizes = Counter(row["family"] for row in rows)
    have, split = dict.fromkeys(shares, 0), {}
    for family, size in sizes.items():
        name = max(shares, key=lambda one: shares[one] * len(rows) - have[one])
        split[family] = name
        have[name] += size
    return [split[row["family"]] for row in rows]
