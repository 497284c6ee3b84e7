# expect: families are in two splits
def leak_proof_split(rows, shares):
    n = len(rows)
    return ["train" if at < 0.8 * n else "validation" if at < 0.9 * n else "test" for at in range(n)]
