# expect: never learns to stop
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    answer = answer & (ids != 2)
    return ids.masked_fill(~answer, -100)[:, 1:]
