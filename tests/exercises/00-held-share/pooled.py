# expect: divides all held assertions by all assertions
def held_share(answers):
    return sum(held for valid, held, assertions in answers) / sum(assertions for valid, held, assertions in answers)
