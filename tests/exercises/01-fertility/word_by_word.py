# expect: word by word
def fertility(tokenize, texts):
    words = [word for text in texts for word in text.split()]
    return sum(len(tokenize(word)) for word in words) / len(words)
