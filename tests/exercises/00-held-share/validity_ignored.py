# expect: it counts as 0, whatever it held
def held_share(answers):
    return sum(held / assertions if assertions else 0.0 for valid, held, assertions in answers) / len(answers)
