# expect: gets something back
def token_rewards(score, policy, reference, beta):
    found = [-beta * max(p - r, 0) for p, r in zip(policy, reference, strict=True)]
    found[-1] += score
    return found
