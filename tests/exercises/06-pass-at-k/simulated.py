# expect: Count, do not draw
import random


def pass_at_k(n, c, k):
    rng = random.Random(0)
    answers = [True] * c + [False] * (n - c)
    return sum(any(rng.sample(answers, k)) for _ in range(5000)) / 5000
