# expect: changes the lists
def answer_labels(ids, prompt_length, attention):
    for place in range(len(ids)):
        if place < prompt_length or not attention[place]:
            ids[place] = -100
    return ids
