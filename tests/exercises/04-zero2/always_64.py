# expect: it should give 16.5
def zero2_gb(parameters, gpus):
    return parameters * (2 + 14 / 64) / 1e9
