# expect: lam is missing
def advantages(rewards, values, gamma, lam):
    found, following, after = [], 0.0, 0.0
    for reward, value in zip(reversed(rewards), reversed(values), strict=True):
        following = reward + gamma * after - value + gamma * following
        found.insert(0, following)
        after = value
    return found
