# expect: second level is missing
def qlora_bytes(linear, other, adapters):
    return linear / 2 + linear / 64 + 2 * other + 16 * adapters
