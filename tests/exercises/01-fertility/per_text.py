# expect: tokens per text
def fertility(tokenize, texts):
    return sum(len(tokenize(text)) for text in texts) / len(texts)
