# expect: difflib takes the longest run first
import difflib


def rouge_l(answer, reference):
    return difflib.SequenceMatcher(None, answer, reference).ratio()
