# expect: longest run without a gap
def rouge_l(answer, reference):
    longest = 0
    for i in range(len(answer)):
        for j in range(len(reference)):
            size = 0
            while answer[i + size : i + size + 1] == reference[j + size : j + size + 1] != []:
                size += 1
            longest = max(longest, size)
    return 2 * longest / max(1, len(answer) + len(reference))
