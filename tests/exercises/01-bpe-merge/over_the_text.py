# expect: gives
def merge(tokens, pair):
    """Joins what spells the pair, across tokens that are not the pair."""
    import re

    return re.findall(re.escape("".join(pair)) + "|(?s:.)", "".join(tokens))
