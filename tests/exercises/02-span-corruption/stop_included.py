# expect: one token too many
def corrupt(tokens, spans):
    inputs, labels, last = [], [], 0
    for number, (start, stop) in enumerate(spans):
        inputs += tokens[last:start] + [f"<extra_id_{number}>"]
        labels += [f"<extra_id_{number}>"] + tokens[start : stop + 1]
        last = stop + 1
    return inputs + tokens[last:], labels + [f"<extra_id_{len(spans)}>"]
