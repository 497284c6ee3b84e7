# expect: keeps its sign
def token_rewards(score, policy, reference, beta):
    rewards = [-beta * abs(p - r) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] += score
    return rewards
