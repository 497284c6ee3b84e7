# expect: lacks the next token's value
def advantages(rewards, values, gamma, lam):
    found, following = [], 0.0
    for reward, value in zip(reversed(rewards), reversed(values), strict=True):
        following = reward - value + gamma * lam * following
        found.insert(0, following)
    return found
