# expect: the order of the two counts
def merge(tokens, pair):
    merged, at = [], 0
    while at < len(tokens):
        here = 2 if sorted(tokens[at : at + 2]) == sorted(pair) else 1
        merged.append("".join(tokens[at : at + here]))
        at += here
    return merged
