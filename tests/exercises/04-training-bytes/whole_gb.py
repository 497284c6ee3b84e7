# expect: Use /, not //
def training_gb(frozen, trainable, width):
    return ((frozen + trainable) * width + trainable * (width + 8)) // 1e9
