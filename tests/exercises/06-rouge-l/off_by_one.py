# expect: first words are never compared
def rouge_l(answer, reference):
    table = [[0] * (len(reference) + 1) for _ in range(len(answer) + 1)]
    for i in range(1, len(answer)):
        for j in range(1, len(reference)):
            equal = answer[i] == reference[j]
            table[i][j] = table[i - 1][j - 1] + 1 if equal else max(table[i - 1][j], table[i][j - 1])
    shared = table[len(answer) - 1][len(reference) - 1] if answer and reference else 0
    return 2 * shared / max(1, len(answer) + len(reference))
