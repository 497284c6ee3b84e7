# expect: different ranks
def merge(weights, adapters, alpha, sign=1):
    merged = dict(weights)
    for name, (A, B) in adapters.items():
        rank = len(adapters["q_proj"][0])
        merged[name] = weights[name] + sign * alpha / rank * (B @ A)
    return merged
