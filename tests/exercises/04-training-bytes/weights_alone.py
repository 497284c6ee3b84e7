# expect: those are the weights alone
def training_gb(frozen, trainable, width):
    return (frozen + trainable) * width / 1e9
