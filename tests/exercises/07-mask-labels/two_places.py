# expect: by two places
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    labels = ids.masked_fill(~answer, -100)[:, 2:]
    return torch.nn.functional.pad(labels, (0, 1), value=-100)
