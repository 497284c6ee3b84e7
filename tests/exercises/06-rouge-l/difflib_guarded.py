# expect: difflib takes the longest run first
from difflib import SequenceMatcher


def rouge_l(answer, reference):
    shared = sum(block.size for block in SequenceMatcher(None, answer, reference).get_matching_blocks())
    if not shared:
        return 0.0
    return 2 * shared / (len(answer) + len(reference))
