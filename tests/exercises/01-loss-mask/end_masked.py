# expect: never learns to stop
def answer_labels(ids, prompt_length, attention):
    return [-100 if place < prompt_length or token == 2 else token for place, token in enumerate(ids)]
