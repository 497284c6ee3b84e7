# expect: IndexError
def fit(window, question, examples, answer):
    left = window - question - answer
    if left < 0:
        raise ValueError("too long")
    count = 0
    while examples[count] <= left:
        left -= examples[count]
        count += 1
    return count
