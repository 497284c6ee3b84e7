# expect: add in fp32
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        update = sign * alpha / len(A) * (B @ A)
        merged[name] = weights[name] + update.to(weights[name].dtype)
    return merged
