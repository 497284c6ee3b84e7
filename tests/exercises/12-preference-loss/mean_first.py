# expect: each pair's probability first
def preference_loss(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected).mean())
