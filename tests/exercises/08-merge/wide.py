# expect: became float32
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        merged[name] = weights[name].float() + sign * alpha / len(A) * (B @ A)
    return merged
