# expect: never happened
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            return losses.index(min(losses)), place
    return losses.index(min(losses)), len(losses) - 1
