# expect: one step ahead
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * (step + 1) / warmup
    x = (step - warmup) / (steps - warmup)
    return peak * (1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x)))
