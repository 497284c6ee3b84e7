"""How often a model solves a problem, if it may try several times: pass@k."""

from helpers.errors import CourseError


def pass_at_k(n, c, k):
    """The chance that at least one of k answers passes, without bias, averaged over problems (a share, 0 to 1).

    n: answers drawn for each problem, as one number or a list with one per problem. c: how many of them passed, one
    number per problem (or one number for one problem). k: at most the smallest n.
    Of all ways to pick k of the n answers, the share that holds one that passes: 1 - C(n-c, k) / C(n, k)
    (Chen et al. 2021, equation 1). Raises CourseError where k > n, c > n, and on anything but whole numbers.
    """
    import numpy as np

    n, c = np.asarray(n), np.atleast_1d(np.asarray(c))
    for name, values in (("n", n), ("c", c), ("k", np.asarray(k))):
        if values.size == 0:
            raise CourseError("There are no problems: give the count of passes of at least one.")
        if values.dtype.kind not in "iu":
            raise CourseError(f"{name} must be whole numbers: it is {values.tolist()!r:.60}. Count the answers.")
    if c.ndim > 1 or n.ndim > 1 or (n.ndim and n.shape != c.shape):
        raise CourseError(f"n has the shape {n.shape}, c has {c.shape}. Give one count of each per problem.")
    n = np.broadcast_to(n, c.shape)
    if np.ndim(k) or not 1 <= k <= n.min():
        raise CourseError(f"k is {k}, and a problem has {n.min()} answers. Choose 1 <= k <= n, or draw more answers.")
    if (c < 0).any() or (c > n).any():
        raise CourseError("c counts the answers that passed: it must lie between 0 and n.")
    # C(n-c, k) / C(n, k) as a product: the factorials themselves would overflow.
    below = (n - c)[:, None] - np.arange(k)
    every = n[:, None] - np.arange(k)
    none_passes = np.prod(np.clip(below, 0, None) / every, axis=1)
    return float(np.mean(1 - none_passes))
