# expect: the one before it
def early_stopping(losses, patience):
    best = worse = 0
    for place in range(1, len(losses)):
        if losses[place] < losses[best]:
            best = place
        worse = worse + 1 if losses[place] >= losses[place - 1] else 0
        if worse >= patience:
            return best, place
    return best, len(losses) - 1
