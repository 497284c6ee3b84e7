# expect: turn them into probabilities
def token_rewards(score, policy, reference, beta):
    rewards = [-beta * (math.exp(p) - math.exp(r)) for p, r in zip(policy, reference, strict=True)]
    rewards[-1] += score
    return rewards
