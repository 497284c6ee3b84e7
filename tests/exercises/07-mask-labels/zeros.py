# expect: use -100, not 0
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    return ids.masked_fill(~answer, 0)[:, 1:]
