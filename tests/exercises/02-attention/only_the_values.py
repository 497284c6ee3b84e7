# expect: should get
import numpy as np


def attention(query, key, value):
    return np.cumsum(value, axis=0)
