# expect: far below
def pick(checkpoints, margin):
    return min(one["step"] for one in checkpoints)
