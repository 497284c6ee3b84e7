# expect: changes the list of examples
def fit(window, question, examples, answer):
    while examples and question + sum(examples) + answer > window:
        examples.pop()
    return len(examples)
