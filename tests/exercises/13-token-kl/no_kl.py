# expect: nothing is paid for the KL
def token_rewards(score, policy, reference, beta):
    return [0.0] * (len(policy) - 1) + [score]
