# expect: What is saved is their difference
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    return math.ceil(tuning_cost * 1_000_000 / ((tuned_tokens + few_shot_tokens) * price))
