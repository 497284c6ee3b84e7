# expect: Raise a ValueError
def fit(window, question, examples, answer):
    left, count = window - question - answer, 0
    for size in examples:
        if size > left:
            break
        left -= size
        count += 1
    return count
