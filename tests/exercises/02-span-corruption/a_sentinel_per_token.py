# expect: each token has a sentinel
def corrupt(tokens, spans):
    inputs, labels, number = [], [], 0
    for place, token in enumerate(tokens):
        if any(start <= place < stop for start, stop in spans):
            inputs.append(f"<extra_id_{number}>")
            labels += [f"<extra_id_{number}>", token]
            number += 1
        else:
            inputs.append(token)
    return inputs, labels + [f"<extra_id_{number}>"]
