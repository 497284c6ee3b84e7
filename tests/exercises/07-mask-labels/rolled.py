# expect: the last position predicts nothing
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    return torch.nn.functional.pad(ids.masked_fill(~answer, -100)[:, 1:], (0, 1), value=-100)
