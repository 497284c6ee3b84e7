# expect: in bits
def preference_loss(chosen, rejected):
    return -torch.log2(torch.sigmoid(chosen - rejected)).mean()
