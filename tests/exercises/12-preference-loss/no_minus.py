# expect: sign is missing
def preference_loss(chosen, rejected):
    return torch.nn.functional.logsigmoid(chosen - rejected).mean()
