# expect: a label for each token
def answer_labels(ids, prompt_length, attention):
    return [t for p, (t, a) in enumerate(zip(ids, attention, strict=True)) if p >= prompt_length and a]
