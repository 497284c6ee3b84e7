# expect: shares of families, not of rows
def leak_proof_split(rows, shares):
    families = sorted({row["family"] for row in rows})
    split, at = {}, 0
    for name, share in shares.items():
        count = round(share * len(families))
        for family in families[at : at + count]:
            split[family] = name
        at += count
    return [split.get(row["family"], name) for row in rows]
