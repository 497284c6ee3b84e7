# expect: it should give
def fertility(tokenize, texts):
    return len(tokenize(" ".join(texts))) / len(" ".join(texts).split())
