# expect: in per cent
def held_share(answers):
    return 100 * sum(held / assertions if valid else 0.0 for valid, held, assertions in answers) / len(answers)
