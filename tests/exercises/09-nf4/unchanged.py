# expect: as they were
def through_levels(weights, levels, block=64):
    return weights.clone()
