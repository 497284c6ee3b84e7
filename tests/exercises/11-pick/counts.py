# expect: compare shares
def pick(checkpoints, margin):
    best = max(one["passed"] for one in checkpoints)
    return min(one["step"] for one in checkpoints if one["passed"] >= best - margin * 100 - 1e-9)
