# expect: weights without an adapter are missing
def merge(weights, adapters, alpha, sign=1):
    return {name: weights[name] + sign * alpha / len(A) * (B @ A) for name, (A, B) in adapters.items()}
