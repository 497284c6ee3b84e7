# expect: changes what it is given
def targets(ids, attention, prompt_lengths):
    number = attention.cumsum(1)
    answer = (attention == 1) & (number > torch.tensor(prompt_lengths)[:, None])
    ids[~answer] = -100
    return ids[:, 1:]
