# expect: a whole wave
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * step / warmup
    x = (step - warmup) / (steps - warmup)
    return peak * (1 - x if decay == "linear" else 0.5 * (1 + math.cos(2 * math.pi * x)))
