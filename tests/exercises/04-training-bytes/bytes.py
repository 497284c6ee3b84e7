# expect: that is in bytes
def training_gb(frozen, trainable, width):
    return (frozen + trainable) * width + trainable * (width + 8)
