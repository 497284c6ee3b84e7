# expect: in fp32: 8 bytes
def training_gb(frozen, trainable, width):
    weights = (frozen + trainable) * width
    return (weights + trainable * 3 * width) / 1e9
