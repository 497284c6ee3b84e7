# expect: exchanged
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            return place, best
    return len(losses) - 1, best
