# expect: used twice
def merge(tokens, pair):
    merged = []
    for at, token in enumerate(tokens):
        if tuple(tokens[at : at + 2]) == pair:
            merged.append("".join(pair))
        elif at == 0 or tuple(tokens[at - 1 : at + 1]) != pair:
            merged.append(token)
    return merged
