# expect: that is in bits
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return 8 * (linear / 2 + scales + 2 * other + 16 * adapters)
