# expect: one place early
def merge(tokens, pair):
    merged, at = [], 0
    while at < len(tokens) - 1:
        here = 2 if tuple(tokens[at : at + 2]) == tuple(pair) else 1
        merged.append("".join(tokens[at : at + here]))
        at += here
    return merged
