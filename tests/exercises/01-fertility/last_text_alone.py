# expect: the last text alone
def fertility(tokenize, texts):
    for text in texts:
        tokens, words = len(tokenize(text)), len(text.split())
    return tokens / words
