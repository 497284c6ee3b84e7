# expect: at its first occurrence
def rouge_l(answer, reference):
    shared, left = 0, list(reference)
    for word in answer:
        if word in left:
            left = left[left.index(word) + 1 :]
            shared += 1
    return 2 * shared / max(1, len(answer) + len(reference))
