# expect: A.shape[1] is how many numbers come in
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        merged[name] = weights[name] + sign * alpha / A.shape[1] * (B @ A)
    return merged
