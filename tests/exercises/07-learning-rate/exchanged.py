# expect: you return the cosine one
def learning_rate(step, steps, peak, warmup, decay):
    if step < warmup:
        return peak * step / warmup
    x = (step - warmup) / (steps - warmup)
    return peak * (0.5 * (1 + math.cos(math.pi * x)) if decay == "linear" else 1 - x)
