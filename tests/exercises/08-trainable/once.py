# expect: counts each target once
def lora_parameters(layers, rank, targets):
    shapes = {name.split(".")[-1]: shape for name, shape in layers.items()}
    return sum(rank * sum(shapes[target]) for target in targets)
