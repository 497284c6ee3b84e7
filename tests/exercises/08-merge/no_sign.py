# expect: a second time
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        update = alpha / len(A) * (B @ A)
        merged[name] = (weights[name].float() + update).to(weights[name].dtype)
    return merged
