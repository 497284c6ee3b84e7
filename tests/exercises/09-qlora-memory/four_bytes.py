# expect: not 4 bytes
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return 4 * linear + scales + 2 * other + 16 * adapters
