# expect: Add a slice with +=
def corrupt(tokens, spans):
    inputs, labels, at = [], [], 0
    for number, (start, stop) in enumerate(spans):
        sentinel = f"<extra_id_{number}>"
        inputs.append(tokens[at:start])
        inputs.append(sentinel)
        labels.append(sentinel)
        labels.append(tokens[start:stop])
        at = stop
    inputs.append(tokens[at:])
    labels.append(f"<extra_id_{len(spans)}>")
    return inputs, labels
