# expect: it should give 112.0
def training_gb(frozen, trainable, width):
    return ((frozen + trainable) * 2 + trainable * (2 + 8)) / 1e9
