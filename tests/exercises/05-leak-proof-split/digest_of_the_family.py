# expect: one large family overfills a split when it comes late
import zlib


def leak_proof_split(rows, shares):
    split = {}
    for row in rows:
        at = zlib.crc32(row["family"].encode()) % 100
        split[row["family"]] = "train" if at < 80 else "validation" if at < 90 else "test"
    return [split[row["family"]] for row in rows]
