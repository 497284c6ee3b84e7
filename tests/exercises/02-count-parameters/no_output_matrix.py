# expect: output matrix
def layer_parameters(hidden, heads, kv_heads, head_dim, intermediate):
    attention = hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim
    return attention + 3 * hidden * intermediate + 2 * hidden
