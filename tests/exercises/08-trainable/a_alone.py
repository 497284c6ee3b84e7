# expect: that is A alone
def lora_parameters(layers, rank, targets):
    return sum(rank * into for name, (out, into) in layers.items() if name.split(".")[-1] in targets)
