# expect: does not begin at position 0
def targets(ids, attention, prompt_lengths):
    place = torch.arange(ids.shape[1])[None]
    answer = (attention == 1) & (place >= torch.tensor(prompt_lengths)[:, None])
    return ids.masked_fill(~answer, -100)[:, 1:]
