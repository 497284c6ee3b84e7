# expect: score is missing
def token_rewards(score, policy, reference, beta):
    return [-beta * (p - r) for p, r in zip(policy, reference, strict=True)]
