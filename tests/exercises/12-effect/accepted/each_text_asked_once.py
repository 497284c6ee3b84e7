# Equal comments are asked about once, and count as often as they are there.
def effect(score, comments, edit):
    changed = [(old, edit(old)) for old in comments if edit(old) != old]
    if not changed:
        return 0.0
    texts = list(dict.fromkeys(text for pair in changed for text in pair))
    known = dict(zip(texts, score(texts), strict=True))
    return sum(known[new] - known[old] for old, new in changed) / len(changed)
