# expect: beta is missing
def token_rewards(score, policy, reference, beta):
    rewards = [-(p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] += score
    return rewards
