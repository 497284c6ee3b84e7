# expect: changes the lists
def token_rewards(score, policy, reference, beta):
    for place in range(len(policy)):
        policy[place] = -beta * (policy[place] - reference[place])
    policy[-1] += score
    return policy
