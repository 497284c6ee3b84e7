# expect: the inputs lack the sentinels
def corrupt(tokens, spans):
    inputs, labels, last = [], [], 0
    for number, (start, stop) in enumerate(spans):
        inputs += tokens[last:start]
        labels += [f"<extra_id_{number}>"] + tokens[start:stop]
        last = stop
    return inputs + tokens[last:], labels + [f"<extra_id_{len(spans)}>"]
