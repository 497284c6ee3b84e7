# expect: the prompts are not masked
def targets(ids, attention, prompt_lengths):
    return ids.masked_fill(attention == 0, -100)[:, 1:]
