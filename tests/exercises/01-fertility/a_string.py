# expect: yours gives '
def fertility(tokenize, texts):
    return f"{sum(len(tokenize(text)) for text in texts) / sum(len(text.split()) for text in texts):.2f}"
