# expect: different shared words
def rouge_l(answer, reference):
    shared = len(set(answer) & set(reference))
    return 2 * shared / max(1, len(answer) + len(reference))
