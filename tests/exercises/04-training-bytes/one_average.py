# expect: Adam keeps two averages
def training_gb(frozen, trainable, width):
    weights = (frozen + trainable) * width
    return (weights + trainable * (width + 4)) / 1e9
