# expect: keeps it from growing
def preference_loss(chosen, rejected):
    return (rejected - chosen).mean()
