# expect: changes the weights that it is given
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        merged[name] += sign * alpha / len(A) * (B @ A)
    return merged
