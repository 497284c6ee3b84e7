# expect: changes the ranks
def pairs_of(ranks):
    found = []
    while ranks:
        best = min(ranks, key=ranks.get)
        rank = ranks.pop(best)
        found += [(best, name) for name in ranks if ranks[name] > rank]
    return found
