# expect: you count a whole one
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return linear + scales + 2 * other + 16 * adapters
