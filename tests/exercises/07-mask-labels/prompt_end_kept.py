# expect: compare with > instead of >=
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number >= torch.tensor(prompt_lengths)[:, None])
    return ids.masked_fill(~answer, -100)[:, 1:]
