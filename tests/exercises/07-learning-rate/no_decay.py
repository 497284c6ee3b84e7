# expect: stays at the peak
def learning_rate(step, steps, peak, warmup, decay):
    return peak * min(1, step / warmup)
