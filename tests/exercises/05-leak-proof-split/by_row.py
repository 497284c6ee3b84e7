# expect: families are in two splits
import random


def leak_proof_split(rows, shares):
    rng = random.Random(0)
    return [rng.choices(list(shares), list(shares.values()))[0] for _ in rows]
