# expect: hinge loss
def preference_loss(chosen, rejected):
    return torch.relu(1 - (chosen - rejected)).mean()
