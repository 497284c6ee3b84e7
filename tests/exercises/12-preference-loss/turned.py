# expect: wrong way round
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(rejected - chosen).mean()
