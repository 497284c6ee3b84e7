# expect: should be a whole number
def lora_parameters(layers, rank, targets):
    chosen = [shape for name, shape in layers.items() if name.split(".")[-1] in targets]
    return sum(rank * (out + into) / 1.0 for out, into in chosen)
