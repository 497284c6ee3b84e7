# expect: padding behind the answers
def targets(ids, attention, prompt_lengths):
    answer = attention.cumsum(1) > torch.tensor(prompt_lengths)[:, None]
    return ids.masked_fill(~answer, -100)[:, 1:]
