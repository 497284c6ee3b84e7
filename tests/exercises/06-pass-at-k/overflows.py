# expect: overflows
import numpy as np


def pass_at_k(n, c, k):
    def sets(size):
        with np.errstate(all="ignore"):
            return np.prod(np.arange(size - k + 1, size + 1.0)) / np.prod(np.arange(1.0, k + 1))

    return float(1 - sets(n - c) / sets(n)) if n - c >= k else 1.0
