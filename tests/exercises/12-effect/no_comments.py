# expect: rewards of no comments
def effect(score, comments, edit):
    pairs = [(comment, edit(comment)) for comment in comments if edit(comment) != comment]
    before, after = score([a for a, _ in pairs]), score([b for _, b in pairs])
    return sum(b - a for a, b in zip(before, after, strict=False)) / max(1, len(pairs))
