# expect: return places in the list
def early_stopping(losses, patience):
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        if place - best >= patience:
            return losses[best], losses[place]
    return losses[best], losses[-1]
