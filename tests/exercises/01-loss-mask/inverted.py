# expect: trains on the prompt
def answer_labels(ids, prompt_length, attention):
    return [t if p < prompt_length else -100 for p, t in enumerate(ids)]
