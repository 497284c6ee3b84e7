# expect: no longer add up to 1
import numpy as np


def attention(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[1])
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares = grown / grown.sum(axis=-1, keepdims=True)
    return np.tril(shares) @ value
