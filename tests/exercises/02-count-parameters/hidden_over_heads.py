# expect: need not be
def layer_parameters(hidden, heads, kv_heads, head_dim, intermediate):
    attention = 2 * hidden * hidden + 2 * hidden * hidden // heads * kv_heads
    return attention + 3 * hidden * intermediate + 2 * hidden
