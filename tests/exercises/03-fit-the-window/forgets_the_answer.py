# expect: Leave room for the answer
def fit(window, question, examples, answer):
    left, count = window - question, 0
    if left - answer < 0:
        raise ValueError("too long")
    for size in examples:
        if size > left:
            break
        left -= size
        count += 1
    return count
