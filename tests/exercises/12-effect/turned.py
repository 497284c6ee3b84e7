# expect: the sign is wrong
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    gaps = [a - b for a, b, x, y in zip(score(comments), score(edited), comments, edited, strict=False) if x != y]
    return sum(gaps) / len(gaps) if gaps else 0
