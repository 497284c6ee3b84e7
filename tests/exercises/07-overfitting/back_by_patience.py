# expect: still those of the lowest loss
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            break
    return place - patience, place
