# expect: fewer than the queries
def layer_parameters(hidden, heads, kv_heads, head_dim, intermediate):
    attention = 4 * hidden * heads * head_dim
    return attention + 3 * hidden * intermediate + 2 * hidden
