# expect: changes the comments
def effect(score, comments, edit):
    before = score(comments)
    for place, comment in enumerate(comments):
        comments[place] = edit(comment)
    return sum(b - a for a, b in zip(before, score(comments), strict=False)) / len(comments)
