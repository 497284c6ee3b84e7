# expect: changes the list
def merge(tokens, pair):
    if isinstance(tokens, tuple):
        tokens = list(tokens)
    at = 0
    while at < len(tokens) - 1:
        if tuple(tokens[at : at + 2]) == tuple(pair):
            tokens[at : at + 2] = ["".join(pair)]
        at += 1
    return tokens
