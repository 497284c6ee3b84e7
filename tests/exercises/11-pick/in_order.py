# expect: in order
def pick(checkpoints, margin):
    best = max(one["passed"] / one["tried"] for one in checkpoints)
    return next(one["step"] for one in checkpoints if one["passed"] / one["tried"] >= best - margin - 1e-9)
