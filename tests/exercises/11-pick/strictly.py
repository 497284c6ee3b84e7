# expect: no answer
def pick(checkpoints, margin):
    best = max(one["passed"] / one["tried"] for one in checkpoints)
    return min((one["step"] for one in checkpoints if one["passed"] / one["tried"] > best - margin), default=None)
