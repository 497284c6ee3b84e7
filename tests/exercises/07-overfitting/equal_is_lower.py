# expect: an equal loss is not lower
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss <= losses[best]:
            best = place
        if place - best >= patience:
            return best, place
    return best, len(losses) - 1
