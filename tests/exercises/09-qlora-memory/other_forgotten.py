# expect: what is not quantised is missing
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return linear / 2 + scales + 16 * adapters
