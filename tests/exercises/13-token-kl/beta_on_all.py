# expect: multiplies the KL alone
def token_rewards(score, policy, reference, beta):
    rewards = [-(p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] += score
    return [beta * each for each in rewards]
