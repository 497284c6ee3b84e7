# expect: jumps behind the warm-up
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * step / warmup
    x = step / steps
    return peak * (1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x)))
