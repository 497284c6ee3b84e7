# expect: the optimizer is missing
def training_gb(frozen, trainable, width):
    return ((frozen + trainable) * width + trainable * width) / 1e9
