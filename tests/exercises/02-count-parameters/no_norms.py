# expect: two norms are missing
def layer_parameters(hidden, heads, kv_heads, head_dim, intermediate):
    attention = 2 * hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim
    return attention + 3 * hidden * intermediate
