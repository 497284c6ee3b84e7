# expect: score and KL add up
def token_rewards(score, policy, reference, beta):
    rewards = [-beta * (p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] = score
    return rewards
