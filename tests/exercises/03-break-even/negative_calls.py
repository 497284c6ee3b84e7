# expect: longer than the few-shot one
import math


def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    if few_shot_tokens == tuned_tokens:
        return math.inf
    return math.ceil(tuning_cost * 1_000_000 / ((few_shot_tokens - tuned_tokens) * price))
