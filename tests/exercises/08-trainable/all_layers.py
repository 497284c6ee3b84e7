# expect: also those that are no targets
def lora_parameters(layers, rank, targets):
    return sum(rank * (out + into) for out, into in layers.values())
