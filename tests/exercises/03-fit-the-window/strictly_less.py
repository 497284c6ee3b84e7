# expect: fills the window exactly fits
def fit(window, question, examples, answer):
    left, count = window - question - answer, 0
    if left < 0:
        raise ValueError("too long")
    for size in examples:
        if size >= left:
            break
        left -= size
        count += 1
    return count
