# expect: sum over the pairs
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected).sum()
