# expect: should be 200
def preference_loss(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected).clamp_min(1e-9)).mean()
