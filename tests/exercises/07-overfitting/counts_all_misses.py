# expect: set the count back
def early_stopping(losses, patience):
    best = misses = 0
    for place in range(1, len(losses)):
        if losses[place] < losses[best]:
            best = place
        else:
            misses += 1
        if misses >= patience:
            return best, place
    return best, len(losses) - 1
