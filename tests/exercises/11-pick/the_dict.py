# expect: the step alone
def pick(checkpoints, margin):
    best = max(one["passed"] / one["tried"] for one in checkpoints)
    near = [one for one in checkpoints if one["passed"] / one["tried"] >= best - margin - 1e-9]
    return min(near, key=lambda one: one["step"])
