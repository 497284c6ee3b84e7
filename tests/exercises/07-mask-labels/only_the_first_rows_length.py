# expect: the row is
def targets(ids, attention, prompt_lengths):
    answer = (attention == 1) & (attention.cumsum(1) > prompt_lengths[0])
    return ids.masked_fill(~answer, -100)[:, 1:]
