# expect: you return the linear one
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * step / warmup
    x = (step - warmup) / (steps - warmup)
    return peak * (1 - x if decay == "linear" else 1 - x)
