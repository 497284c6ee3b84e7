# expect: joins the texts before it splits them
def fertility(tokenize, texts):
    return len(tokenize(" ".join(texts))) / len(" ".join(texts).split())
