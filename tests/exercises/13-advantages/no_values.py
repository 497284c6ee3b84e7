# expect: values are not used
def advantages(rewards, values, gamma, lam):
    found, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + gamma * lam * following
        found.insert(0, following)
    return found
