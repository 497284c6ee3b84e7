# expect: need not be square
def lora_parameters(layers, rank, targets):
    return sum(2 * rank * max(shape) for name, shape in layers.items() if name.split(".")[-1] in targets)
