# expect: leave them out of the mean
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    return (sum(score(edited)) - sum(score(comments))) / len(comments)
