# expect: sum of the shares
def held_share(answers):
    return sum(held / assertions if valid else 0.0 for valid, held, assertions in answers)
