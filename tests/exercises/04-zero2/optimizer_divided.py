# expect: which is ZeRO-1
def zero2_gb(parameters, gpus):
    return parameters * (2 + 2 + 12 / gpus) / 1e9
