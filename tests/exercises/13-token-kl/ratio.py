# expect: that is the ratio
def token_rewards(score, policy, reference, beta):
    rewards = [-beta * math.exp(p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] += score
    return rewards
