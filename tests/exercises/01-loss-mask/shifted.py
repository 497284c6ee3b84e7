# expect: shifted by one place
def answer_labels(ids, prompt_length, attention):
    labels = [t if p >= prompt_length and a else -100 for p, (t, a) in enumerate(zip(ids, attention, strict=True))]
    return labels[1:] + [-100]
