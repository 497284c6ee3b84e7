# expect: are whole numbers
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    return torch.where(answer, ids.float(), -100.0)[:, 1:]
