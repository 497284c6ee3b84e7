# expect: it should give
import difflib


def rouge_l(answer, reference):
    return difflib.SequenceMatcher(None, answer, reference).ratio()
