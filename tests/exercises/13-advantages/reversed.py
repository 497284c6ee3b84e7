# expect: reverse order
def advantages(rewards, values, gamma, lam):
    found, following, after = [], 0.0, 0.0
    for reward, value in zip(reversed(rewards), reversed(values), strict=True):
        following = reward + gamma * after - value + gamma * lam * following
        found.append(following)
        after = value
    return found
