# expect: one name for each row
def leak_proof_split(rows, shares):
    return ["train" for _ in {row["family"] for row in rows}]
