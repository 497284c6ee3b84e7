# expect: share of the peak
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return step / warmup
    x = (step - warmup) / (steps - warmup)
    return 1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x))
