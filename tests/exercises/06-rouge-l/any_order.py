# expect: in any order, which is ROUGE-1
from collections import Counter


def rouge_l(answer, reference):
    shared = (Counter(answer) & Counter(reference)).total()
    return 2 * shared / max(1, len(answer) + len(reference))
