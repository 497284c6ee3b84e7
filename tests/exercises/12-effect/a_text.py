# expect: takes a list
def effect(score, comments, edit):
    gaps = [score(edit(comment)) - score(comment) for comment in comments]
    return sum(gaps) / len(gaps)
