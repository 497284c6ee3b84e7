# expect: delta alone
def advantages(rewards, values, gamma, lam):
    after = values[1:] + [0.0]
    return [r + gamma * n - v for r, n, v in zip(rewards, after, values, strict=True)]
