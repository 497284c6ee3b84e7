# expect: belongs to the labels alone
def corrupt(tokens, spans):
    inputs, labels, last = [], [], 0
    for number, (start, stop) in enumerate(spans):
        inputs += tokens[last:start] + [f"<extra_id_{number}>"]
        labels += [f"<extra_id_{number}>"] + tokens[start:stop]
        last = stop
    return inputs + tokens[last:] + [f"<extra_id_{len(spans)}>"], labels + [f"<extra_id_{len(spans)}>"]
