# expect: at every token
def token_rewards(score, policy, reference, beta):
    return [score - beta * (p - r) for p, r in zip(policy, reference, strict=True)]
