# expect: without ZeRO
def zero2_gb(parameters, gpus):
    return parameters * 16 / 1e9
