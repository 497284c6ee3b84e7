# expect: all shares together add up to 1
import numpy as np


def attention(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[1])
    scores = np.where(np.triu(np.ones(scores.shape, dtype=bool), 1), -np.inf, scores)
    grown = np.exp(scores)
    return grown / grown.sum() @ value
