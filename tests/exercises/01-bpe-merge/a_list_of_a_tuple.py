# expect: no tuple equals a list
def merge(tokens, pair):
    merged, at = [], 0
    while at < len(tokens):
        here = 2 if tokens[at : at + 2] == list(pair) else 1
        merged.append("".join(tokens[at : at + here]))
        at += here
    return merged
