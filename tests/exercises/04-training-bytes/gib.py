# expect: that is in GiB
def training_gb(frozen, trainable, width):
    return ((frozen + trainable) * width + trainable * (width + 8)) / 2**30
