# expect: still reads 200 of them
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    return math.ceil(tuning_cost * 1_000_000 / (few_shot_tokens * price))
