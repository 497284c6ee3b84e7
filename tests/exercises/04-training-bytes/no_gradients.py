# expect: the gradients are missing
def training_gb(frozen, trainable, width):
    return ((frozen + trainable) * width + trainable * 8) / 1e9
