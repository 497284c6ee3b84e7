# expect: You divide them
import math


def token_rewards(score, policy, reference, beta):
    found = [-beta * math.log(p / r) for p, r in zip(policy, reference, strict=True)]
    found[-1] += score
    return found
