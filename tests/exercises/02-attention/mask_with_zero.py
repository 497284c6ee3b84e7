# expect: e to the power of 0 is 1
import numpy as np


def attention(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[1])
    scores = np.tril(scores)
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True) @ value
