# expect: prompt is not masked
def answer_labels(ids, prompt_length, attention):
    return [token if real else -100 for token, real in zip(ids, attention, strict=True)]
