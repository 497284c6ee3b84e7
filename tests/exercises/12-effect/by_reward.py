# expect: whose reward stayed
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    changes = [new - old for old, new in zip(score(comments), score(edited), strict=True) if new != old]
    return sum(changes) / len(changes) if changes else 0.0
