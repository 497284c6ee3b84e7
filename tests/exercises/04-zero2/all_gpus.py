# expect: the sum over all GPUs
def zero2_gb(parameters, gpus):
    return (parameters * 2 * gpus + parameters * 14) / 1e9
