# expect: not scaled
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        merged[name] = weights[name] + sign * (B @ A)
    return merged
