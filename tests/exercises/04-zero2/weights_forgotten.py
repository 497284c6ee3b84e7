# expect: the weights are missing
def zero2_gb(parameters, gpus):
    return parameters * 14 / gpus / 1e9
