# expect: by those of the valid answers
def held_share(answers):
    answers = [answer for answer in answers if answer[0]]
    return sum(held for valid, held, assertions in answers) / sum(assertions for valid, held, assertions in answers)
