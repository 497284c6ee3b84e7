# expect: the last
def pick(checkpoints, margin):
    return max(one["step"] for one in checkpoints)
