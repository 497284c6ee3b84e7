# expect: all of the matrices
def lora_parameters(layers, rank, targets):
    return sum(out * into for name, (out, into) in layers.items() if name.split(".")[-1] in targets)
