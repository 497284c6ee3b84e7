# expect: changes the rows
def leak_proof_split(rows, shares):
    rows.sort(key=lambda row: row["family"])
    return ["train" for _ in rows]
