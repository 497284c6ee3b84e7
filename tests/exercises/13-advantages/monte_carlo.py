# expect: lam is missing
def advantages(rewards, values, gamma, lam):
    return [sum(gamma**k * r for k, r in enumerate(rewards[t:])) - values[t] for t in range(len(rewards))]
