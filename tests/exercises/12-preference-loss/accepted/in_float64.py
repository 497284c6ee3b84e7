# More digits than asked for.
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen.double() - rejected.double()).mean()
