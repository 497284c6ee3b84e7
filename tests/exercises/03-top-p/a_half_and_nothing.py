# expect: your code raised TypeError
def top_p_filter(probabilities):
    return probabilities
