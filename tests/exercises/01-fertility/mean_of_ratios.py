# expect: mean of the texts' own ratios
def fertility(tokenize, texts):
    return sum(len(tokenize(text)) / len(text.split()) for text in texts) / len(texts)
