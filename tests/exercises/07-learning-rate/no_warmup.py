# expect: there is no warm-up: before
def learning_rate(step, steps, peak, warmup, decay):
    x = max(0, step - warmup) / (steps - warmup)
    return peak * (1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x)))
