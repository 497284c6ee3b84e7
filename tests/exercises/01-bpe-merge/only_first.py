# expect: only the first occurrence
def merge(tokens, pair):
    for at in range(len(tokens) - 1):
        if tuple(tokens[at : at + 2]) == tuple(pair):
            return [*tokens[:at], "".join(pair), *tokens[at + 2 :]]
    return list(tokens)
