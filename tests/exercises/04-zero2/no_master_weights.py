# expect: the optimizer has 12 bytes
def zero2_gb(parameters, gpus):
    return parameters * (2 + (2 + 8) / gpus) / 1e9
