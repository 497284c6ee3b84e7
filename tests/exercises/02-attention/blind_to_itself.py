# expect: does not see itself
import numpy as np


def attention(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[1])
    scores = np.where(np.triu(np.ones(scores.shape, dtype=bool), 0), -np.inf, scores)
    largest = scores.max(axis=-1, keepdims=True)
    grown = np.exp(scores - np.where(np.isfinite(largest), largest, 0))
    return grown / np.maximum(grown.sum(axis=-1, keepdims=True), 1e-9) @ value
