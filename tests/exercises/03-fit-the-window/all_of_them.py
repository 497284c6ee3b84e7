# expect: you keep all four
def fit(window, question, examples, answer):
    return len(examples)
