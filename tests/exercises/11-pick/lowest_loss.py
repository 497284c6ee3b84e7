# expect: lowest loss
def pick(checkpoints, margin):
    return min(checkpoints, key=lambda one: one["loss"])["step"]
