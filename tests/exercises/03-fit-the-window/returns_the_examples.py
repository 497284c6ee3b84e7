# expect: return a whole number
def fit(window, question, examples, answer):
    kept = list(examples)
    while kept and question + sum(kept) + answer > window:
        kept.pop()
    return kept
