# expect: the price is for a million tokens
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    saved = few_shot_tokens - tuned_tokens
    return math.inf if saved <= 0 else tuning_cost / (saved * price)
