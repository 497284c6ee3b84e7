# expect: one step early
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * step / warmup
    x = (step - warmup) / (steps - 1 - warmup)
    return peak * (1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x)))
