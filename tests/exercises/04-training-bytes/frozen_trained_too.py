# expect: frozen parameters need no gradients
def training_gb(frozen, trainable, width):
    return (frozen + trainable) * (2 * width + 8) / 1e9
