# expect: embeddings and norms are not quantised
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return linear / 2 + scales + other / 2 + 16 * adapters
