# expect: that is in GiB
def zero2_gb(parameters, gpus):
    return parameters * (2 + (2 + 12) / gpus) / 2**30
