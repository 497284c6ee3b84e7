# expect: no longer the text
def merge(tokens, pair):
    merged = []
    for at in range(len(tokens)):
        if tuple(tokens[at : at + 2]) == tuple(pair):
            merged.append("".join(pair))
        else:
            merged.append(tokens[at])
    return merged
