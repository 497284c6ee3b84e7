# expect: spans that touch become one
def corrupt(tokens, spans):
    merged = []
    for start, stop in spans:
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, stop))
    inputs, labels, last = [], [], 0
    for number, (start, stop) in enumerate(merged):
        inputs += tokens[last:start] + [f"<extra_id_{number}>"]
        labels += [f"<extra_id_{number}>"] + tokens[start:stop]
        last = stop
    return inputs + tokens[last:], labels + [f"<extra_id_{len(merged)}>"]
