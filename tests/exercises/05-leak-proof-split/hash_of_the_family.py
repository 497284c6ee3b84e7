# expect: PYTHONHASHSEED
def leak_proof_split(rows, shares):
    names = list(shares)
    return [names[0] if hash(row["family"]) % 10 < 8 else names[1 + hash(row["family"]) % 2] for row in rows]
