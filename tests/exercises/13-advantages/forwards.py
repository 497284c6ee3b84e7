# expect: go forwards
def advantages(rewards, values, gamma, lam):
    found, following = [], 0.0
    for t in range(len(rewards)):
        after = values[t + 1] if t + 1 < len(values) else 0.0
        following = rewards[t] + gamma * after - values[t] + gamma * lam * following
        found.append(following)
    return found
