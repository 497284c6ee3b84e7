# expect: returns in its first round
def held_share(answers):
    for valid, held, assertions in answers:
        return held / assertions if valid and assertions else 0
