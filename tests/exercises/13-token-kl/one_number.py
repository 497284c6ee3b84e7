# expect: should be a list of numbers
def token_rewards(score, policy, reference, beta):
    return score - beta * sum(p - r for p, r in zip(policy, reference, strict=True))
