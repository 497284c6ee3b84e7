# expect: overflows
import numpy as np


def attention(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[1])
    scores = np.where(np.triu(np.ones(scores.shape, dtype=bool), 1), -np.inf, scores)
    with np.errstate(all="ignore"):
        grown = np.exp(scores)
        return grown / grown.sum(axis=-1, keepdims=True) @ value
