# expect: only neighbours are paired
def pairs_of(ranks):
    order = sorted(ranks, key=ranks.get)
    return list(zip(order, order[1:], strict=False))
