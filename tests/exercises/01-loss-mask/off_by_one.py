# expect: first token is missing
def answer_labels(ids, prompt_length, attention):
    return [t if p > prompt_length and a else -100 for p, (t, a) in enumerate(zip(ids, attention, strict=True))]
