# expect: padding is not masked
def answer_labels(ids, prompt_length, attention):
    return [-100] * prompt_length + ids[prompt_length:]
