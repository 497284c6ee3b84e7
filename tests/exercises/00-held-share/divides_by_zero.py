# expect: ZeroDivisionError
def held_share(answers):
    return sum(valid * held / assertions for valid, held, assertions in answers) / len(answers)
