# expect: tries too much
from itertools import combinations


def rouge_l(answer, reference):
    for size in range(min(len(answer), len(reference)), 0, -1):
        if set(combinations(answer, size)) & set(combinations(reference, size)):
            return 2 * size / (len(answer) + len(reference))
    return 0.0
