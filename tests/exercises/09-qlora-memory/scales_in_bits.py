# expect: counted in bits
def qlora_bytes(linear, other, adapters):
    scales = 8 * linear / 64 + 32 * linear / (64 * 256)
    return linear / 2 + scales + 2 * other + 16 * adapters
