# expect: are one list
def rouge_l(answer, reference):
    table = [[0] * (len(reference) + 1)] * (len(answer) + 1)
    for i, ours in enumerate(answer, 1):
        for j, wanted in enumerate(reference, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if ours == wanted else max(table[i - 1][j], table[i][j - 1])
    return 2 * table[-1][-1] / max(1, len(answer) + len(reference))
