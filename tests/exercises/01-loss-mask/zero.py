# expect: use -100, not 0
def answer_labels(ids, prompt_length, attention):
    return [t if p >= prompt_length and a else 0 for p, (t, a) in enumerate(zip(ids, attention, strict=True))]
