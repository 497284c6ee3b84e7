# expect: not one for each pair
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected)
