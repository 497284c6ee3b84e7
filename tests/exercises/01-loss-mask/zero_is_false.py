# expect: [-100, 0, -100]
def answer_labels(ids, prompt_length, attention):
    return [(p >= prompt_length and a and t) or -100 for p, (t, a) in enumerate(zip(ids, attention, strict=True))]
