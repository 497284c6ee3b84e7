# expect: the last part of its name
def lora_parameters(layers, rank, targets):
    chosen = [shape for name, shape in layers.items() if any(target in name for target in targets)]
    return sum(rank * (out + into) for out, into in chosen)
