# expect: raised ValueError
from math import factorial


def pass_at_k(n, c, k):
    return 1 - factorial(n - c) * factorial(n - k) / (factorial(n - c - k) * factorial(n))
