# expect: Yours gives 2
def fit(window, question, examples, answer):
    kept = list(examples)
    while kept and question + sum(kept) + answer > window:
        kept.pop(0)
    if question + answer > window:
        raise ValueError("too long")
    return len(kept)
