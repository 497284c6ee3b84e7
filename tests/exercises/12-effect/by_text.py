# expect: there twice counts once
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    triples = zip(comments, edited, score(comments), score(edited), strict=True)
    changes = {old: after - before for old, new, before, after in triples if new != old}
    return sum(changes.values()) / len(changes) if changes else 0.0
