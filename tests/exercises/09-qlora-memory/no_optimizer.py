# expect: You count 8
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return linear / 2 + scales + 2 * other + 8 * adapters
