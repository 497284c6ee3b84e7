# expect: empty words
def fertility(tokenize, texts):
    return sum(len(tokenize(text)) for text in texts) / sum(len(text.split(" ")) for text in texts)
