# expect: return a tensor
def preference_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected).mean().item()
