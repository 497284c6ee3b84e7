# expect: should have 4 numbers
def token_rewards(score, policy, reference, beta):
    return [-beta * (p - r) for p, r in zip(policy[:-1], reference, strict=False)]
