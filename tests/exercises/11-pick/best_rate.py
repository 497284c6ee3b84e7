# expect: best pass rate
def pick(checkpoints, margin):
    return max(checkpoints, key=lambda one: one["passed"] / one["tried"])["step"]
