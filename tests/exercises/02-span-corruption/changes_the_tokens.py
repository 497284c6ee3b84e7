# expect: changes the list
def corrupt(tokens, spans):
    labels = []
    for number, (start, stop) in reversed(list(enumerate(spans))):
        labels = [f"<extra_id_{number}>"] + tokens[start:stop] + labels
        tokens[start:stop] = [f"<extra_id_{number}>"]
    return tokens, labels + [f"<extra_id_{len(spans)}>"]
