# expect: below the line
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    saved = few_shot_tokens - tuned_tokens
    return math.inf if saved <= 0 else math.ceil(tuning_cost * 1_000_000 / saved * price)
