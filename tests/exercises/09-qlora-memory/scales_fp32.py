# expect: one byte, not four
def qlora_bytes(linear, other, adapters):
    return linear / 2 + 4 * linear / 64 + 4 * linear / (64 * 256) + 2 * other + 16 * adapters
