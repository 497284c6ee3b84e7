# expect: in the order of their names
from collections import Counter


def leak_proof_split(rows, shares):
    sizes = Counter(row["family"] for row in rows)
    names, have, split = list(shares), dict.fromkeys(shares, 0), {}
    for family in sorted(sizes):
        room = [name for name in names if have[name] + sizes[family] <= shares[name] * len(rows)]
        split[family] = room[0] if room else names[-1]
        have[split[family]] += sizes[family]
    return [split[row["family"]] for row in rows]
