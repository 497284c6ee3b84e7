# expect: not the best ones
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            return place, place
    return len(losses) - 1, len(losses) - 1
