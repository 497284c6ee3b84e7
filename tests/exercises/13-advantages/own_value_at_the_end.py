# expect: behind the last token nothing comes
def advantages(rewards, values, gamma, lam):
    found, following, after = [], 0.0, values[-1]
    for reward, value in zip(reversed(rewards), reversed(values), strict=True):
        following = reward + gamma * after - value + gamma * lam * following
        found.insert(0, following)
        after = value
    return found
