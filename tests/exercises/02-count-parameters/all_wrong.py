# expect: it should be
def layer_parameters(hidden, heads, kv_heads, head_dim, intermediate):
    return hidden * intermediate
