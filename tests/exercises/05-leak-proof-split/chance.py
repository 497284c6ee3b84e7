# expect: two calls with the same rows
import random


def leak_proof_split(rows, shares):
    families = sorted({row["family"] for row in rows})
    split = {family: random.choices(list(shares), list(shares.values()))[0] for family in families}
    return [split[row["family"]] for row in rows]
