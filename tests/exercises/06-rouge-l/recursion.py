# expect: tries too much
def common(one, other):
    if not one or not other:
        return 0
    if one[0] == other[0]:
        return 1 + common(one[1:], other[1:])
    return max(common(one[1:], other), common(one, other[1:]))


def rouge_l(answer, reference):
    return 2 * common(answer, reference) / max(1, len(answer) + len(reference))
