# expect: frozen parameters are missing
def training_gb(frozen, trainable, width):
    return trainable * (2 * width + 8) / 1e9
