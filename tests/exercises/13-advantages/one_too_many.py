# expect: should have 4 numbers
def advantages(rewards, values, gamma, lam):
    found = [0.0]
    after = 0.0
    for reward, value in zip(reversed(rewards), reversed(values), strict=True):
        found.insert(0, reward + gamma * after - value + gamma * lam * found[0])
        after = value
    return found
