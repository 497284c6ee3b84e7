# expect: it should give
def qlora_bytes(linear, other, adapters):
    scales = linear / 64 + 4 * linear / (64 * 256)
    return f"{linear / 2 + scales + 2 * other + 16 * adapters:.0f}"
