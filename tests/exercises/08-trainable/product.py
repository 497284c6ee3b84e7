# expect: add, do not multiply
def lora_parameters(layers, rank, targets):
    return rank * sum(out * into for name, (out, into) in layers.items() if name.split(".")[-1] in targets)
