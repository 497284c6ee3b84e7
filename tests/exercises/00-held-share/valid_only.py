# expect: leaves out the answer that is not valid
def held_share(answers):
    shares = [held / assertions for valid, held, assertions in answers if valid]
    return sum(shares) / len(shares)
