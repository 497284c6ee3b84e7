# expect: which is ZeRO-3
def zero2_gb(parameters, gpus):
    return parameters * 16 / gpus / 1e9
