# expect: you never stop
def early_stopping(losses, patience):
    return losses.index(min(losses)), len(losses) - 1
