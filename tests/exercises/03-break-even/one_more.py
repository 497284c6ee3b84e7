# expect: do not add one to a whole
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    saved = (few_shot_tokens - tuned_tokens) * price / 1e6
    if saved <= 0:
        return math.inf
    return int(tuning_cost / saved) + 1 if tuning_cost else 0
