# expect: is not spread
def token_rewards(score, policy, reference, beta):
    return [score / len(policy) - beta * (p - r) for p, r in zip(policy, reference, strict=True)]
