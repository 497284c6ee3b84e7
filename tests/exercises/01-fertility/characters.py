# expect: call `tokenize`
def fertility(tokenize, texts):
    return sum(len(text) for text in texts) / sum(len(text.split()) for text in texts)
