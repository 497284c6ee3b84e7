# expect: return a list
def merge(tokens, pair):
    return "".join(tokens)
