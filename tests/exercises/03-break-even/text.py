# expect: return a number of calls
def break_even(few_shot_tokens, tuned_tokens, price, tuning_cost):
    return "7500"
