# expect: counted in fp32
def qlora_bytes(linear, other, adapters):
    return linear / 2 + 4 * linear / 64 + 2 * other + 16 * adapters
