# expect: pays for itself
def token_rewards(score, policy, reference, beta):
    kl = sum(p - r for p, r in zip(policy, reference, strict=True))
    return [0.0] * (len(policy) - 1) + [score - beta * kl]
