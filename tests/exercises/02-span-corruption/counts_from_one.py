# expect: the first sentinel is
def corrupt(tokens, spans):
    inputs, labels, last = [], [], 0
    for number, (start, stop) in enumerate(spans, 1):
        inputs += tokens[last:start] + [f"<extra_id_{number}>"]
        labels += [f"<extra_id_{number}>"] + tokens[start:stop]
        last = stop
    return inputs + tokens[last:], labels + [f"<extra_id_{len(spans) + 1}>"]
