# expect: and not the optimizer
def zero2_gb(parameters, gpus):
    return parameters * (2 + 2 / gpus + 12) / 1e9
