# expect: not a dict
def leak_proof_split(rows, shares):
    return {row["family"]: "train" for row in rows}
