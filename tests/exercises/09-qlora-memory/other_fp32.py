# expect: 2 bytes each, not 4
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return linear / 2 + scales + 4 * other + 16 * adapters
