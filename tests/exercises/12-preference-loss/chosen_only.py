# expect: rejected answer's reward is missing
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen).mean()
