# expect: known only when the reply ends
def token_rewards(score, policy, reference, beta):
    rewards = [-beta * (p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[0] += score
    return rewards
