# expect: changes the lists
def advantages(rewards, values, gamma, lam):
    values.append(0.0)
    found, following = [], 0.0
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * values[t + 1] - values[t] + gamma * lam * following
        found.insert(0, following)
    return found
