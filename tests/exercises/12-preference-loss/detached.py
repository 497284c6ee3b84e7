# expect: no gradient
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid((chosen - rejected).detach()).mean()
