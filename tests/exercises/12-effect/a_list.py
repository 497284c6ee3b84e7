# expect: return one number
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    return [after - before for before, after in zip(score(comments), score(edited), strict=False)]
