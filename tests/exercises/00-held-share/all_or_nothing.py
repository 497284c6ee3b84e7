# expect: whose assertions all hold
def held_share(answers):
    return sum(valid and held == assertions for valid, held, assertions in answers) / len(answers)
