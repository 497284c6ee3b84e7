# expect: joins the texts before it splits them
def fertility(tokenize, texts):
    return sum(len(tokenize(text)) for text in texts) / len("".join(texts).split())
