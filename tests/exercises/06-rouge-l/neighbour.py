# expect: a word counts twice
def rouge_l(answer, reference):
    table = [[0] * (len(reference) + 1) for _ in range(len(answer) + 1)]
    for i, ours in enumerate(answer, 1):
        for j, wanted in enumerate(reference, 1):
            table[i][j] = max(table[i - 1][j], table[i][j - 1]) + (ours == wanted)
    return 2 * table[-1][-1] / max(1, len(answer) + len(reference))
