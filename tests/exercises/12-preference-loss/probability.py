# expect: mean probability. The loss
def preference_loss(chosen, rejected):
    return torch.sigmoid(chosen - rejected).mean()
