# expect: it should give 18.0
def training_gb(frozen, trainable, width):
    return f"{((frozen + trainable) * width + trainable * (width + 8)) / 1e9} GB"
