# expect: again and again
def effect(score, comments, edit):
    gaps = []
    for place, comment in enumerate(comments):
        edited = [edit(each) for each in comments]
        if edited[place] != comment:
            gaps.append(score(edited)[place] - score(comments)[place])
    return sum(gaps) / len(gaps) if gaps else 0
