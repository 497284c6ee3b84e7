"""What a model is trained to predict, where the lesson leaves it to an exercise: span corruption, as in T5."""


def span_corruption(tokens, spans):
    """Take spans out of a text: (inputs, labels), both lists of tokens (Raffel et al. 2020, section 3.1.4, figure 2).

    tokens: list of strings, not changed. spans: (start, stop) pairs, in order, without overlap; stop is not part of it.
    Each span becomes one sentinel, <extra_id_0>, <extra_id_1> and so on. The labels hold each sentinel followed by what
    it stands for, and one more sentinel that says: the end. Raises ValueError on spans that cannot be.
    """
    inputs, labels, after = [], [], 0
    for number, (start, stop) in enumerate(spans):
        if not after <= start < stop <= len(tokens):
            raise ValueError(f"Spans must be in order, inside the {len(tokens)} tokens, and not empty: {spans}")
        inputs += [*tokens[after:start], f"<extra_id_{number}>"]
        labels += [f"<extra_id_{number}>", *tokens[start:stop]]
        after = stop
    return inputs + list(tokens[after:]), [*labels, f"<extra_id_{len(spans)}>"]
