# expect: multiplied by alpha
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        merged[name] = weights[name] + sign * alpha * (B @ A)
    return merged
