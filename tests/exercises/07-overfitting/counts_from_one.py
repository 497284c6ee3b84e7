# expect: counted from 0
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            return best + 1, place + 1
    return best + 1, len(losses)
