# expect: nothing is masked
def targets(ids, attention, prompt_lengths):
    return ids[:, 1:]
