# expect: F is the harmonic mean
def rouge_l(answer, reference):
    table = [[0] * (len(reference) + 1) for _ in range(len(answer) + 1)]
    for i, ours in enumerate(answer, 1):
        for j, wanted in enumerate(reference, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if ours == wanted else max(table[i - 1][j], table[i][j - 1])
    shared = table[-1][-1]
    return (shared / max(1, len(answer)) + shared / max(1, len(reference))) / 2
