# expect: one reward at a time
def effect(score, comments, edit):
    gaps = []
    for comment in comments:
        if edit(comment) != comment:
            gaps.append(score([edit(comment)])[0] - score([comment])[0])
    return sum(gaps) / len(gaps) if gaps else 0
