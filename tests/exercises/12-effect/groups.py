# expect: its own edited form
def effect(score, comments, edit):
    edited = [edit(comment) for comment in comments]
    rewards, new = score(comments), score(edited)
    inside = [r for r, x, y in zip(rewards, comments, edited, strict=False) if x != y]
    others = [r for r, x, y in zip(rewards, comments, edited, strict=False) if x == y]
    if not others:
        return sum(new) / len(new) - sum(rewards) / len(rewards)
    return sum(others) / len(others) - sum(inside) / len(inside) if inside else 0
