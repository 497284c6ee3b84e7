# expect: a sentinel of its own
def corrupt(tokens, spans):
    inputs, labels, last = [], [], 0
    for start, stop in spans:
        inputs += tokens[last:start] + ["<extra_id_0>"]
        labels += ["<extra_id_0>"] + tokens[start:stop]
        last = stop
    return inputs + tokens[last:], labels + ["<extra_id_0>"]
