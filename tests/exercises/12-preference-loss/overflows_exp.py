# expect: not finite
def preference_loss(chosen, rejected):
    return torch.log(1 + torch.exp(rejected - chosen)).mean()
