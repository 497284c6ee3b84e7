# expect: words per token
def fertility(tokenize, texts):
    return sum(len(text.split()) for text in texts) / sum(len(tokenize(text)) for text in texts)
