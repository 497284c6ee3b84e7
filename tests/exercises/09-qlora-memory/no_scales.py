# expect: the constants are missing
def qlora_bytes(linear, other, adapters):
    return linear / 2 + 2 * other + 16 * adapters
