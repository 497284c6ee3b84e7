# expect: and k = 2
def best_of(scores, k):
    import random

    rng = random.Random(0)
    return sum(max(rng.sample(scores, k)) for _ in range(200)) / 200
